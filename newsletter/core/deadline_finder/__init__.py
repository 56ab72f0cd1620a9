"""Finds dates in the text of an article: deadlines, events, periods, each with its quote and with what a person must decide.

`finder.find_deadlines` is the way in. A text is looked at as a reader sees it (`visible`), cut into pieces that belong together
(`pieces`), into tokens (`tokens`), from which days (`days`) and times (`clocks`, `zones`) are read and joined to phrases
(`phrases`); `readings` says what a phrase means on a calendar and `kinds` what it is a date of. What is particular to a language
stands in a `Language` of its own (`english`, `french`); `languages` names them all.
"""
