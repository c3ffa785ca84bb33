"""What the parts of the composer share: the draft, its fields, and what changing them means."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from tui_mail.model.drafts import DraftContent
from tui_mail.store.drafts import Draft, DraftFile
from tui_mail.tui.abstract import AbstractMeta
from tui_mail.tui.shell import CommandScreen
from tui_mail.tui.widgets.fields import TextField


class Composer(CommandScreen, metaclass=AbstractMeta):
    """A screen with one mail being written."""

    draft: Draft | None = None
    files: Sequence[DraftFile] = ()

    @property
    def field(self) -> TextField:
        """Where the text is typed."""
        return self.query_one(TextField)

    @abstractmethod
    def content(self) -> DraftContent:
        """The fields as they stand."""

    @abstractmethod
    async def change(self, **fields: object) -> None:
        """Change parts of the content that no field shows, show them, and save."""

    @abstractmethod
    async def load(self, content: DraftContent) -> None:
        """Show other content, and save it; the cursor stays in the text."""

    @abstractmethod
    async def take_files(self, files: Sequence[DraftFile]) -> None:
        """Show other files, and save."""

    @abstractmethod
    async def save(self) -> None:
        """Keep what is typed, now."""
