"""What token servers answer, in plain words (RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5)."""

from __future__ import annotations

from typing import Any

from tui_mail.errors import AuthError, TransportError, TuiMailError
from tui_mail.model.safe_text import safe_line

AGAIN = "Sign in again: `tui-mail account login {id}`."
_ADMIN = "Ask your administrator to allow this program for your mailbox."

_BY_TEXT: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("aadsts65001", "aadsts90094", "aadsts90008", "admin_consent", "consent_required"),
        "An administrator has to consent before this program may read mail.",
        _ADMIN,
    ),
    (
        ("aadsts53003", "aadsts53000", "aadsts50105", "admin_policy_enforced", "org_internal",
         "access blocked", "conditional access"),
        "The organization's policy blocks this sign-in.",
        _ADMIN,
    ),
    (
        ("aadsts50076", "aadsts50079", "interaction_required", "login_required"),
        "The provider wants to see you again, with the second factor.",
        AGAIN,
    ),
    (
        ("aadsts700016", "invalid_client", "unauthorized_client", "aadsts7000218",
         "aadsts7000215"),
        "The provider does not accept this client id or its secret.",
        "Check `oauth_client` and how the client is registered.",
    ),
    (
        ("redirect_uri_mismatch", "aadsts50011"),
        "The client is not registered for sign-in on this machine (loopback redirect).",
        "Register it as a desktop or mobile program.",
    ),
    (
        ("invalid_scope", "insufficient_scope", "aadsts70011"),
        "The client is not allowed to ask for mail: the scope is missing.",
        "Add the IMAP and SMTP scopes where the client is registered.",
    ),
    (
        ("access_denied", "authorization_declined"),
        "The sign-in was declined in the browser.",
        AGAIN,
    ),
    (
        ("expired_token", "code_expired", "aadsts70020"),
        "The code has expired before it was used.",
        AGAIN,
    ),
    (
        ("invalid_grant", "aadsts70000", "aadsts700082", "aadsts50173"),
        "The sign-in has expired or was withdrawn.",
        AGAIN,
    ),
)  # fmt: skip
_PASSING = ("temporarily_unavailable", "server_error", "slow_down")


def failure(status: int, said: Any) -> TuiMailError:
    """The error for an answer that is no token: the user's to mend, or worth a retry."""
    fields = said if isinstance(said, dict) else {}
    code, text = str(fields.get("error", "")), str(fields.get("error_description", ""))
    if status >= 500 or status == 429 or code in _PASSING:
        return TransportError("The token server does not answer now.")
    # The provider's own code beats the general one, which Microsoft uses for everything.
    for places in (text.lower(), code.lower()):
        for words, message, hint in _BY_TEXT:
            if any(word in places for word in words):
                return AuthError(message, hint=hint)
    shown = safe_line(code or f"status {status}", 60)
    return AuthError(f"The token server refuses: {shown}.", hint=AGAIN)
