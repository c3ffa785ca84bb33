"""`python -m tui_mail` is the `tui-mail` command."""

from tui_mail.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
