"""Search conditions on records: `person:`, `org:`, `deal:`, `stage:`, `is:linked`, `from:known`."""

from __future__ import annotations

from tui_mail.store.names import expression
from tui_mail.store.standing import TAKES_PART

IS = {
    "linked": "m.conversation_id IN (SELECT conversation_id FROM links WHERE removed_at IS NULL)",
    "ambiguous": "m.conversation_id IN (SELECT id FROM conversations WHERE link_state = 'ambiguous'"
    " AND id IN (SELECT conversation_id FROM link_candidates))",
    "unlinked": "m.conversation_id NOT IN (SELECT conversation_id FROM links"
    " WHERE removed_at IS NULL)",
    "shared": "m.visibility = 'shared'",
    "private": "m.visibility <> 'shared'",
    "screened": "m.screened_by IS NOT NULL",
}
"""Words after `is:`, as conditions on the message `m`."""

KNOWN = (
    "EXISTS (SELECT 1 FROM participants p JOIN person_addresses a"
    " ON a.correspondent_id = p.correspondent_id WHERE p.message_id = m.id AND p.role = 'from'"
    f" AND {TAKES_PART})"
)
"""`from:known`: the sender is a person."""

_NAMED = (
    "(SELECT n.id FROM fts_records f JOIN record_names n ON n.key = f.rowid"
    " WHERE fts_records MATCH ?)"
)
_LABELLED = (
    "(m.conversation_id IN (SELECT o.record_id FROM labels b JOIN labels_of o ON o.label_id = b.id"
    " AND o.kind = 'mail' WHERE b.name LIKE ? ESCAPE '\\') OR m.conversation_id IN"
    " (SELECT k.conversation_id FROM labels b JOIN labels_of o ON o.label_id = b.id JOIN links k"
    " ON k.kind = o.kind AND k.item_id = o.record_id AND k.removed_at IS NULL"
    " WHERE b.name LIKE ? ESCAPE '\\'))"
)
"""The conversation has the label, or what it is linked to."""
_ITEMS = ("deal", "lead", "project")


def condition(name: str, value: str, values: list[object]) -> str:
    """The condition for a field and what was typed after it: a name, or the number of a record."""
    kind = "organization" if name == "org" else name
    if name == "stage":
        values.append(value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%")
        return (
            "(m.conversation_id IN (SELECT l.conversation_id FROM links l JOIN deals d"
            " ON l.kind = 'deal' AND d.id = l.item_id JOIN stages s ON s.id = d.stage_id"
            " WHERE l.removed_at IS NULL AND s.name LIKE ? ESCAPE '\\'))"
        )
    if name == "label":
        values += [value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")] * 2
        return _LABELLED
    if value.isdecimal() and len(value) < 16:
        ids = f"({int(value):d})"
        parameters: list[object] = []
    else:
        match = expression(value, [kind])
        if not match:
            return "(0)"
        ids = _NAMED
        parameters = [match]
    if kind == "person":
        inner = f"SELECT conversation_id FROM person_conversations WHERE person_id IN {ids}"
        values += parameters
    elif kind == "organization":
        inner = (
            "SELECT pc.conversation_id FROM persons p JOIN person_conversations pc"
            f" ON pc.person_id = p.id WHERE p.organization_id IN {ids}"
        )
        values += parameters
        for item in _ITEMS:
            inner += (
                " UNION SELECT l.conversation_id FROM links l WHERE l.removed_at IS NULL"
                f" AND l.kind = '{item}' AND l.item_id IN"
                f" (SELECT id FROM {item}s WHERE organization_id IN {ids})"
            )
            values += parameters
    else:
        inner = (
            "SELECT conversation_id FROM links WHERE removed_at IS NULL"
            f" AND kind = '{kind}' AND item_id IN {ids}"
        )
        values += parameters
    return f"(m.conversation_id IN ({inner}))"
