"""The 256 action symbols: which string a bin is written as, and which bin a string that was read means."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

BINS = 256

_PRINTED = """
    â½Ĺ âºŁ âį¨ áķ· ï¨Ĭ ãĩ½ ãĩº â½º
    âĴł ãĬ¥ â¼Ń â°¡ â°ł â°Ł â°ĳ â°Ĳ
    â°İ â°į â°Ĥ âĴ¡ âĴŁ âĢ´ âĶ² ðĵı§
    ï¨· ãĪ¼ âŀ¶ âĸ¤ âĩŀ âĨ· âĨ¤ á¥¤
    á¥Ķ áħ£ àºĤ ï±Ĭ ê¦Ķ ãī« ãħĸ ãĦ§
    ãĦĵ ãĦį âŁ° âĿ« âĿª âĽı âĽĩ âķĬ
    âĶ½ á¸Ĭ á¤Ĭ áĽĲ áĽħ áļĮ áĻ³ àłĮ
    ÆĪ ðŁħĵ ðŁħħ ðĿļı ðĿļĦ ðĿĻ¿ ðĿĻ½ ðĿĻ¼
    ðĿĻº ðĿĻ¸ ðĿĻ° ðĿĻ® ðĿĺļ ðĿĺĲ ðĿĺı ðĿĸĸ
    ðĿķ± ðĿķ¡ ðĿķį ðĿĶĵ ðĿĵ¾ ðĿĵ¹ ðĿĵ¬ ðĿĵķ
    ðĿĳ³ ðĸ¥¨ ðĸ¥ ðĲ±ħ ðĲŃĬ ïŃ² ï¥± ï¥ł
    ï¤¦ íĵ» íĵ¶ íĵ® íĵ¬ íĭį ì¼ĩ ìĨĬ
    ë¡¼ ê³Ĥ ê²´ ê²Ļ ä¶µ ãĪª â²¢ âļ£
    âĺµ âĶŀ á¸» á¸ĥ á¨ģ áłĦ áĶĬ áĶħ
    áĴĮ áĲ§ áĮĶ áĮĦ áĭ© áĬĴ áī¨ áģ¼
    áĢı à²Ł à°µ à°³ à¬ī à¥± à¤ĳ Ý¥
    Ýĵ Ôĳ ÔĪ Ê¶ È² ðŁıĩ ðŁħ¢ ðĿļģ
    ðĿĻľ ðĿĵ° ðĿĵŀ ðĲ°¼ ðĲŃĵ ðĲ¤Ķ ï¨Ĥ ï§©
    ï¦ĥ ï¤Ĩ ï¤ħ íĽľ íķ± íĵŃ íĵĸ íĥĻ
    íģ» ì»ģ ì³ħ ìľ¾ ìĽ¢ ë±Ĳ ë±ĭ ë§ł
    ë¤Ĥ ëĸ° â¤¦ â¡¢ âļĹ âļĤ âĻĻ á¿ļ
    á¿Ĳ á¾Ķ á¶ı á©ĭ á¨¸ áł¬ áłĤ áĶŃ
    áĮ½ áĮĥ áīĲ áĪ¾ áĪ¨ áĪĬ áĨº à½ħ
    à´´ Õĥ Êĵ Éĺ ðŁķĭ ðŁĨĴ ðŁħ± ï¥ı
    íķ® íĬŃ ì¥ī ìł° ìŁĻ ìĿ¿ ìĿ© ìĹ¤
    ìı± ìĭ² ìī¡ ìĦĲ ë°Ŀ ë»ħ ë¯ĳ ë¡ĳ
    ëĹį ëĶī ê¸ĳ êĻĭ ã³¬ âĽ¤ âļ§ âĦ¬
    á½Ŀ á¼® áºĢ á¸° á¡Į Úİ Ñ¨ ðŁĹģ
    ðŁĸ¶ ðŁĸĳ ðŁĸĩ ðŁķ³ ðŁķ¢ ðŁķł ðŁķŀ ðŁķĿ
    ðŁķľ ðŁķļ ðŁķĸ ðŁĶ© ðŁĶ¤ ðŁĶ¢ ðŁĶĵ ðŁĶĩ
    ðŁĶĥ ðŁĶĤ ðŁĶĢ ðŁĵ¼ ðŁĵª ðŁĵŁ ðŁĴº ðŁĴ¹
    ðŁĳĿ ðŁĲĢ ðŁı¯ ðŁı© ðŁıĴ ðŁıı ðŁİ¿ ðŁİĳ
""".split()  # noqa: SIM905  a table that can be compared with the paper's
"""Bins 0..255 as the paper's appendix prints them (tables 5 and 6)."""

_OTHER_SPELLINGS = {"ï®ı": 191, "ë¼Ŀ": 204, _PRINTED[191]: 191, _PRINTED[204]: 204}
"""The two bins that the paper's text and the public Qwen vocabulary spell differently; neither spelling means
anything else, so both are read."""

_AGREEMENT = 200
"""Of 256 entries that must be printed ones for a vocabulary to count as the symbols' home. Qwen's agrees in 254, an
unrelated vocabulary (OLMo's) in next to none."""


@dataclass(frozen=True)
class ActionSymbols:
    """The symbols of one checkpoint.

    Attributes:
        by_bin: 256 different strings; index = bin, bin 0 the lowest value.
    """

    by_bin: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.by_bin) != BINS or len(set(self.by_bin)) != BINS:
            raise ValueError(f"expected {BINS} different symbols, got {len(set(self.by_bin))}")

    @classmethod
    def printed(cls) -> "ActionSymbols":
        """The paper's table, for checkpoints whose tokenizer does not hold the symbols (7B-O)."""
        return cls(tuple(_PRINTED))

    @classmethod
    def from_tokenizer(cls, tokenizer: Any) -> "ActionSymbols":
        """Symbols of a checkpoint's own tokenizer: bin b is entry V - 1 - b of its V entries without added ones.

        Falls back on the printed table where the last entries are something else.
        """
        added = tokenizer.get_added_vocab()
        base = {index: entry for entry, index in tokenizer.get_vocab().items() if entry not in added}
        last = tuple(base.get(len(base) - 1 - b, "") for b in range(BINS))
        agreeing = sum(entry == symbol for entry, symbol in zip(last, _PRINTED, strict=True))
        return cls(last) if agreeing >= _AGREEMENT else cls.printed()

    @cached_property
    def bins(self) -> Mapping[str, int]:
        """Every string that is read as a bin: the checkpoint's own, and both spellings of the two in doubt."""
        return {**_OTHER_SPELLINGS, **{symbol: b for b, symbol in enumerate(self.by_bin)}}
