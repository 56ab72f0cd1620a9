"""The door for readers: the pages behind the links of the mails. No cookie, no script, no state in the process."""
