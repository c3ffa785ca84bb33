"""A sample company and its mailbox on an embedded IMAP and SMTP server."""
