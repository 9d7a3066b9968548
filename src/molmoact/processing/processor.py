"""Pictures and text into the model's inputs: crops, pooling indices, masks and token ids."""

import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from transformers import BatchFeature, PreTrainedTokenizerBase, PreTrainedTokenizerFast, ProcessorMixin

from molmoact.processing.image import Crops, MolmoActImageProcessor, Picture
from molmoact.processing.layout import ImageTokens, pad_left, stack_padded
from molmoact.protocol.prompts import chat_prompt

PROCESSOR_FILE = "processor_config.json"
TEMPLATE_FILE = "chat_template.jinja"
CHAT_TEMPLATE = """\
{%- for message in messages -%}
{%- set expected = 'user' if loop.index0 is even else 'assistant' -%}
{%- if message.role | lower != expected -%}
{{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') -}}
{%- endif -%}
{{- '' if loop.first else ' ' -}}
{{- message.role | capitalize ~ ': ' -}}
{%- if message.content is string -%}
{{- message.content -}}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'text' -%}{{- part.text ~ ('' if loop.last else ' ') -}}{%- endif -%}
{%- endfor -%}
{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt %} Assistant:{% endif -%}"""
"""Turns of a conversation in one line; saved with a checkpoint, and used where a checkpoint brings none."""

Pictures = Picture | Sequence[Picture] | Sequence[Sequence[Picture]]


class MolmoActProcessor(ProcessorMixin):
    """Image processor and tokenizer of a checkpoint.

    Args:
        image_processor: settings of preprocessor_config.json.
        tokenizer: with the image tokens in its vocabulary.
        chat_template: Jinja; None: the published one.
        settings: fields of processor_config.json; kept and written back.

    Raises:
        ValueError: settings that lay tokens out in a way that no published checkpoint does, or a tokenizer without
            image tokens, pad or eos.
    """

    def __init__(
        self,
        image_processor: MolmoActImageProcessor,
        tokenizer: PreTrainedTokenizerBase,
        chat_template: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(image_processor, tokenizer, chat_template=chat_template or CHAT_TEMPLATE)
        if not settings.get("use_col_tokens", True) or settings.get("always_start_with_space", False):
            raise ValueError("only use_col_tokens true and always_start_with_space false are supported")
        if tokenizer.pad_token_id is None or tokenizer.eos_token_id is None:
            raise ValueError("the tokenizer must name a pad and an eos token")
        self.settings = settings
        self.image_tokens = ImageTokens.of(tokenizer)

    @classmethod
    def from_pretrained(cls, folder: str | PathLike[str], **kwargs: Any) -> "MolmoActProcessor":
        """Read a folder in the published layout; nothing is downloaded and no code of the folder is run.

        Args:
            folder: with preprocessor_config.json, processor_config.json and the tokenizer's files.
            kwargs: replace single fields of processor_config.json.

        Raises:
            OSError: a file is absent.
        """
        root = Path(folder)
        settings = json.loads((root / PROCESSOR_FILE).read_text(encoding="utf-8"))
        template = root / TEMPLATE_FILE
        return cls(
            MolmoActImageProcessor.from_pretrained(root),
            # tokenizer.json as it lies there; a named class would build its own rules around the vocabulary
            PreTrainedTokenizerFast.from_pretrained(root),
            template.read_text(encoding="utf-8") if template.exists() else None,
            **{key: value for key, value in (settings | kwargs).items() if key != "processor_class"},
        )

    def save_pretrained(self, folder: str | PathLike[str], **kwargs: Any) -> list[str]:
        """Write the layout that `from_pretrained` reads."""
        del kwargs
        root = Path(folder)
        self.image_processor.save_pretrained(root)
        self.tokenizer.save_pretrained(root)
        (root / TEMPLATE_FILE).write_text(self.chat_template, encoding="utf-8")
        content = json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"
        (root / PROCESSOR_FILE).write_text(content, encoding="utf-8")
        return [str(root / PROCESSOR_FILE)]

    def to_dict(self) -> dict[str, Any]:
        """The content of processor_config.json."""
        return {**self.settings, "processor_class": type(self).__name__}

    def __call__(
        self,
        images: Pictures | None = None,
        text: str | Sequence[str] = "",
        *,
        apply_chat_template: bool = False,
        padding: bool = True,
        return_tensors: str = "pt",
    ) -> BatchFeature:
        """Inputs of the model, as torch tensors.

        Args:
            images: one picture a text (`[A]`), or a list of pictures a text (`[[A, B]]`). Each picture of such a
                list is announced by "Image k", a list of one too, as published inference does; training announced
                no picture that is alone, so give a single view as `[A]`. None: no pictures.
            text: finished prompts ("User: … Assistant:"), or with `apply_chat_template` only what the user says.
            apply_chat_template: put the chat line around each text.
            padding: must be true; rows are padded on the left.
            return_tensors: must be "pt".

        Returns:
            input_ids and attention_mask, int64 (batch, positions); with pictures also images, float32
            (batch, crops, patches, 588), pooled_patches_idx, int64 (batch, windows, 4), and image_masks, float32
            (batch, crops, patches); what only fills the batch is -1.

        Raises:
            ValueError: not one entry of `images` a text, a picture of another type, or image tokens in a text.
        """
        if not padding or return_tensors != "pt":
            raise ValueError("only padding=True and return_tensors='pt' are supported")
        texts = [text] if isinstance(text, str) else list(text)
        samples, alone = _samples(images, len(texts))
        crops = [self.image_processor.prepare(pictures, alone=alone) if pictures else None for pictures in samples]
        prompts = [chat_prompt(each) if apply_chat_template else each for each in texts]
        rows = [self._row(prompt, each, alone) for prompt, each in zip(prompts, crops, strict=True)]
        ids, mask = pad_left(rows, self.tokenizer.pad_token_id)
        inputs = {"input_ids": ids, "attention_mask": mask}
        return BatchFeature(inputs | _image_inputs([each for each in crops if each is not None], len(texts)))

    def _row(self, prompt: str, crops: Crops | None, alone: bool) -> list[int]:
        return [*self.prefix(crops, alone=alone), *self.encode(prompt)]

    def prefix(self, crops: Crops | None, *, alone: bool) -> list[int]:
        """Token ids of what stands before the text: BOS, and the places of the pictures.

        Args:
            crops: as the image processor prepared them; None: no pictures.
            alone: the one picture was not given as a list, so nothing announces it.
        """
        bos = self.tokenizer.bos_token_id
        row = [self.tokenizer.eos_token_id if bos is None else bos]
        grids = crops.grids if crops is not None else ()
        # two grids a picture: of the whole, then of its tiles
        for number, (whole, tiles) in enumerate(zip(grids[::2], grids[1::2], strict=True), start=1):
            row += [] if alone else self.encode(f"Image {number}")
            row += self.image_tokens.grid(*whole) + self.image_tokens.grid(*tiles)
        return row

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, nothing added.

        Raises:
            ValueError: it holds image tokens.
        """
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        if not self.image_tokens.all().isdisjoint(ids):
            raise ValueError(f"the text holds image tokens: {text!r}")
        return ids


def _samples(images: Pictures | None, texts: int) -> tuple[list[list[Picture]], bool]:
    """Pictures of each text, and whether each came alone and not in a list."""
    if images is None:
        return [[] for _ in range(texts)], True
    entries: list[Any] = list(images) if isinstance(images, list | tuple) else [images]
    if len(entries) != texts:
        raise ValueError(f"{len(entries)} entries of images for {texts} texts; give several views as [[first, second]]")
    nested = [isinstance(entry, list | tuple) for entry in entries]
    if any(nested) != all(nested):
        raise ValueError("images mixes pictures and lists of pictures")
    return ([list(entry) for entry in entries], False) if all(nested) else ([[entry] for entry in entries], True)


def _image_inputs(crops: Sequence[Crops], texts: int) -> dict[str, Any]:
    """The arrays of all samples, stacked; nothing where there are no pictures."""
    if not crops:
        return {}
    if len(crops) != texts:
        raise ValueError("a batch needs pictures for every text or for none")
    return {
        "images": stack_padded([each.patches for each in crops]),
        "pooled_patches_idx": stack_padded([each.pooled for each in crops]),
        "image_masks": stack_padded([each.masks for each in crops]),
    }
