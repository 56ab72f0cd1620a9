"""The compile floor of e-mails: MJML is linted, put into the one form the compiler reads right, and compiled."""
