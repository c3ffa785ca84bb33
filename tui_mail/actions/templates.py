"""Templates: making, changing, ordering, using, and as files (B40)."""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tui_mail.actions.context import Context
from tui_mail.actions.keeping import files_of, free_names, set_files
from tui_mail.actions.recorded import Outcome, RecordDone, act
from tui_mail.errors import ActionError
from tui_mail.model.markup import signed
from tui_mail.model.records import Ref, clean
from tui_mail.model.safe_text import one_line
from tui_mail.store import templates
from tui_mail.store.drafts import Draft, DraftFile
from tui_mail.store.templates import Template

FORMAT = "tui-mail template 1"
"""Says what a file is."""
_MAX_NAME = 100


async def named(ctx: Context, name: str) -> Template:
    """The template with this name or number. Raises ActionError."""
    found = await ctx.db.read(templates.by_name, name)
    if found is None and name.isdecimal():
        found = await ctx.db.read(templates.get, int(name))
    if found is None:
        raise ActionError(
            f"There is no template `{one_line(name, 60)}`.",
            hint="`tui-mail template list` shows them.",
        )
    return found


async def add(
    ctx: Context,
    name: str,
    subject: str,
    body: str,
    *,
    shared: bool = False,
    files: Sequence[DraftFile] = (),
    dry_run: bool = False,
) -> RecordDone:
    """Keep a new template. Raises ActionError when the name is taken or empty."""
    given, now = _name(name), ctx.now()

    def change(conn: sqlite3.Connection) -> Outcome:
        _need_free(conn, given, 0)
        template_id = templates.add(
            conn, given, clean(subject), clean(body, long=True), shared=shared, now=now
        )
        templates.set_files(conn, template_id, files)
        return Outcome(f"Added template {given}", records=[Ref("template", template_id)])

    return await act(ctx, "add_template", change, dry_run=dry_run)


async def edit(
    ctx: Context,
    template: Template,
    *,
    name: str | None = None,
    subject: str | None = None,
    body: str | None = None,
    shared: bool | None = None,
    files: Sequence[DraftFile] | None = None,
    dry_run: bool = False,
) -> RecordDone:
    """Change what is given; the journal keeps how it was."""
    given = _name(template.name if name is None else name)
    now = ctx.now()

    def change(conn: sqlite3.Connection) -> Outcome:
        _need_free(conn, given, template.id)
        templates.change(
            conn,
            template.id,
            given,
            template.subject if subject is None else clean(subject),
            template.body if body is None else clean(body, long=True),
            shared=template.shared if shared is None else shared,
            now=now,
        )
        if files is not None:
            templates.set_files(conn, template.id, files)
        return Outcome(f"Changed template {given}", records=[Ref("template", template.id)])

    return await act(ctx, "edit_template", change, dry_run=dry_run)


async def remove(ctx: Context, template: Template, *, dry_run: bool = False) -> RecordDone:
    """Remove a template; undo brings it back with its files."""

    def change(conn: sqlite3.Connection) -> Outcome:
        templates.remove(conn, template.id)
        return Outcome(f"Removed template {one_line(template.name, 60)}")

    return await act(ctx, "remove_template", change, dry_run=dry_run)


async def place(
    ctx: Context, template: Template, index: int, *, dry_run: bool = False
) -> RecordDone:
    """Move a template in the order; 0 is first."""

    def change(conn: sqlite3.Connection) -> Outcome:
        templates.place(conn, template.id, index)
        return Outcome(f"Moved template {one_line(template.name, 60)}")

    return await act(ctx, "move_template", change, dry_run=dry_run)


async def restore(
    ctx: Context, template: Template, journal_id: int, *, dry_run: bool = False
) -> RecordDone:
    """Bring back how a template was before a change. Raises ActionError for an unknown one."""
    for version in await ctx.db.read(templates.versions, template.id):
        if version.journal_id == journal_id:
            return await edit(
                ctx,
                template,
                name=version.name,
                subject=version.subject,
                body=version.body,
                dry_run=dry_run,
            )
    raise ActionError(f"Template {one_line(template.name, 60)} has no version {journal_id}.")


async def insert(ctx: Context, draft: Draft, template: Template) -> Draft:
    """The draft with a template in it: its subject where there is none, its text first.

    Files come along under names of their own. The caller saves the content.
    """
    mine = await files_of(ctx, draft)
    found, renamed = free_names(await ctx.db.read(templates.files, template.id), mine)
    body = template.body
    for old, new in renamed.items():
        body = body.replace(f"]({old})", f"]({new})").replace(f"](<{old}>)", f"](<{new}>)")
    if found:
        await set_files(ctx, draft, [*mine, *found])
    content = draft.content
    rest = content.body.lstrip("\n")
    return replace(
        draft,
        content=replace(
            content,
            subject=content.subject or template.subject,
            body=body.rstrip("\n") + (f"\n\n{rest}" if rest.strip() else "\n"),
        ),
    )


async def keep_draft(
    ctx: Context, draft: Draft, name: str, *, shared: bool = False, signature: str = ""
) -> RecordDone:
    """Save a draft as a template, without its signature; one with the name is changed."""
    had = bool(draft.content.signature)
    body = signed(draft.content.body, "", signature, had=had).strip("\n")
    files = await files_of(ctx, draft)
    known = await ctx.db.read(templates.by_name, name)
    if known is None:
        return await add(ctx, name, draft.content.subject, body, shared=shared, files=files)
    return await edit(ctx, known, subject=draft.content.subject, body=body, files=files)


async def exported(ctx: Context, template: Template) -> str:
    """A template as one JSON file."""
    files = await ctx.db.read(templates.files, template.id)
    data = {
        "format": FORMAT,
        "name": template.name,
        "subject": template.subject,
        "body": template.body,
        "shared": template.shared,
        "files": [
            {
                "filename": file.filename,
                "content_type": file.content_type,
                "data": b64encode(file.data).decode("ascii"),
            }
            for file in files
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


async def imported(
    ctx: Context, text: str, *, name: str = "", replace_known: bool = False, dry_run: bool = False
) -> RecordDone:
    """Take a template from a file. Raises ActionError when it is none, or the name is taken."""
    try:
        data: Any = json.loads(text)
        if data["format"] != FORMAT:
            raise KeyError
        files = [
            DraftFile(
                _file_name(str(one["filename"])),
                str(one["content_type"])[:200],
                b64decode(one["data"], validate=True),
            )
            for one in data.get("files", ())
        ]
        subject, body = str(data["subject"]), str(data["body"])
        given, shared = name or str(data["name"]), bool(data.get("shared"))
    except (ValueError, KeyError, TypeError) as error:
        raise ActionError("That file is no template.", hint="`template export` makes one.") from (
            error
        )
    known = await ctx.db.read(templates.by_name, given)
    if known is not None and replace_known:
        return await edit(
            ctx, known, subject=subject, body=body, shared=shared, files=files, dry_run=dry_run
        )
    return await add(ctx, given, subject, body, shared=shared, files=files, dry_run=dry_run)


def _file_name(name: str) -> str:
    return one_line(name.replace("\\", "/").rpartition("/")[2], 200) or "file"


def _name(name: str) -> str:
    given = one_line(clean(name), _MAX_NAME)
    if not given:
        raise ActionError("A template needs a name.")
    return given


def _need_free(conn: sqlite3.Connection, name: str, template_id: int) -> None:
    known = templates.by_name(conn, name)
    if known is not None and known.id != template_id:
        raise ActionError(f"There is a template {name} already.", hint="Take another name.")
