"""The whole model as a transformers model: images and a prompt in, logits of the next token out."""

from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import Cache, DynamicCache, GenerationMixin, PreTrainedModel
from transformers import initialization as init
from transformers.masking_utils import create_causal_mask
from transformers.modeling_outputs import CausalLMOutputWithPast

from molmoact.modeling.config import MolmoActConfig
from molmoact.modeling.connector import VisionBackbone
from molmoact.modeling.keypoints import KeypointBackbone
from molmoact.modeling.language import LanguageModel, TokenEmbedding
from molmoact.modeling.vision import VisionTransformer
from molmoact.modeling.weights import weight_files


class MolmoActModel(nn.Module):
    """Vision and language under their published names."""

    def __init__(self, config: MolmoActConfig) -> None:
        super().__init__()
        self.transformer = LanguageModel(config.llm)
        self.vision_backbone: VisionBackbone | KeypointBackbone
        if config.vision_variant == "keypoints":
            self.vision_backbone = KeypointBackbone(config.vit, config.adapter)
        else:
            self.vision_backbone = VisionBackbone(config.vit, config.adapter, config.vit_layers)


class MolmoActForActionReasoning(PreTrainedModel, GenerationMixin):
    """MolmoAct of either family and any size.

    Besides transformers' own `generate` there is a seam for decoders that run the passes themselves:
    `embed` gives the merged embeddings of a prompt, `advance` runs them, or any later ids, through the language model.

        embeds = model.embed(input_ids, images, pooled_patches_idx)
        cache = DynamicCache(config=model.config)
        logits = model.advance(inputs_embeds=embeds, cache=cache)            # prefill: (1, 1, vocab_size)
        logits = model.advance(input_ids=guess, cache=cache, keep=0)         # several tokens in one pass, all logits
        cache.crop(-wrong)                                                   # drop what was guessed wrongly
    """

    config_class = MolmoActConfig
    base_model_prefix = "model"
    main_input_name = "input_ids"
    _no_split_modules: ClassVar[list[str]] = ["LanguageBlock", "VitBlock"]
    _supports_sdpa = True
    supports_gradient_checkpointing = False

    def __init__(self, config: MolmoActConfig) -> None:
        super().__init__(config)
        self.model = MolmoActModel(config)
        self.lm_head = nn.Linear(config.llm.hidden_size, config.llm.vocab_size, bias=False)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """What transformers does not know: tables that are parameters and no nn.Embedding."""
        super()._init_weights(module)
        if isinstance(module, TokenEmbedding | VisionTransformer | VisionBackbone | KeypointBackbone):
            for parameter in module.parameters(recurse=False):
                init.normal_(parameter, mean=0.0, std=self.config.initializer_range)

    def get_input_embeddings(self) -> TokenEmbedding:
        """The token embedding; it has two tables, so it cannot be resized or tied."""
        return self.model.transformer.wte

    def get_output_embeddings(self) -> nn.Linear:
        """The head over the words; image tokens have no row in it."""
        return self.lm_head

    @classmethod
    def from_pretrained(cls, folder: str | PathLike[str], *args: Any, **kwargs: Any) -> Any:
        """As transformers' own, except that weights come from safetensors only.

        Raises:
            CheckpointError: a local folder without them.
        """
        if Path(folder).is_dir():
            weight_files(Path(folder))
        kwargs["use_safetensors"] = True
        return super().from_pretrained(folder, *args, **kwargs)

    def embed(
        self,
        input_ids: Tensor,
        images: Tensor | None = None,
        pooled_patches_idx: Tensor | None = None,
        image_masks: Tensor | None = None,
    ) -> Tensor:
        """Embeddings of a prompt, the image vectors added to those of the image-patch tokens.

        Args:
            input_ids: int64, shape (batch, positions).
            images: shape (batch, crops, patches, 588), or None. A batch of one may bring the crops of all rows.
            pooled_patches_idx: int64, shape (batch, windows, 4); needed with images.
            image_masks: shape (batch, crops, patches), see `VisionBackbone`; None, as in published inference: padding
                is not marked.

        Returns:
            Shape (batch, positions, hidden).

        Raises:
            ValueError: images without indices, or not one vector an image-patch token of the prompt.
        """
        embeds: Tensor = self.model.transformer.wte(input_ids)
        if images is None:
            return embeds
        if pooled_patches_idx is None:
            raise ValueError("images need their pooled_patches_idx")
        vectors = self.model.vision_backbone(images, pooled_patches_idx, image_masks)
        is_patch = input_ids == self.config.image_patch_id
        if int(is_patch.sum()) != vectors.shape[0]:
            raise ValueError(f"{int(is_patch.sum())} image-patch tokens for {vectors.shape[0]} image vectors")
        return embeds.index_put((is_patch,), vectors.to(embeds.dtype), accumulate=True)

    def advance(
        self,
        *,
        input_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        cache: Cache | None = None,
        position_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        keep: int = 1,
    ) -> Tensor:
        """Run the language model over new positions and give the logits of the last `keep` of them.

        Args:
            input_ids: int64, shape (batch, new); either this or `inputs_embeds`.
            inputs_embeds: shape (batch, new, hidden).
            cache: any of transformers' caches; the new keys and values are appended to it.
            position_ids: int64, shape (batch, new); None: they follow the cache's length.
            attention_mask: bool, shape (batch, past + new), false on padding; or an own mask of shape
                (batch, 1, new, keys), which is used as it is (a captured graph needs one of fixed shape);
                None: nothing is padding.
            keep: how many of the last positions; 0: all.

        Returns:
            Shape (batch, keep, vocab_size).
        """
        embeds = self._embeds(input_ids, inputs_embeds)
        hidden = self._run(embeds, cache, position_ids, attention_mask)
        return self.lm_head(hidden[:, -keep:])

    def _embeds(self, input_ids: Tensor | None, inputs_embeds: Tensor | None) -> Tensor:
        if inputs_embeds is not None and input_ids is None:
            return inputs_embeds
        if input_ids is None or inputs_embeds is not None:
            raise ValueError("give exactly one of input_ids and inputs_embeds")
        return self.embed(input_ids)

    def _run(
        self,
        embeds: Tensor,
        cache: Cache | None,
        position_ids: Tensor | None,
        attention_mask: Tensor | None,
        states: list[Tensor] | None = None,
    ) -> Tensor:
        past = cache.get_seq_length() if cache is not None else 0
        if position_ids is None:
            position_ids = torch.arange(embeds.shape[1], device=embeds.device)[None] + past
        mask = create_causal_mask(
            config=self.config,
            inputs_embeds=embeds,
            attention_mask=attention_mask,
            past_key_values=cache,
            position_ids=position_ids,
        )
        return self.model.transformer(embeds, position_ids, mask, cache, states)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        images: Tensor | None = None,
        pooled_patches_idx: Tensor | None = None,
        image_masks: Tensor | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int = 0,
        output_hidden_states: bool = False,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """One pass for `generate` and for training.

        Names and shapes of the arguments are those of the processor's output and of `embed` and `advance`.
        `image_masks` is accepted because the processor gives it, and not used. `labels`, int64 of shape
        (batch, positions) with -100 where nothing is learnt, asks for the loss. `logits_to_keep` takes only the
        last so many positions (0: all). `output_hidden_states` also returns the embeddings, the output of every block
        but the last, and the final norm's output.
        """
        del image_masks
        if images is not None and input_ids is not None:
            inputs_embeds, input_ids = self.embed(input_ids, images, pooled_patches_idx), None
        embeds = self._embeds(input_ids, inputs_embeds)
        if use_cache and past_key_values is None:
            past_key_values = DynamicCache(config=self.config)
        states: list[Tensor] | None = [] if output_hidden_states else None
        hidden = self._run(embeds, past_key_values, position_ids, attention_mask, states)
        logits = self.lm_head(hidden[:, -logits_to_keep:])
        loss = None
        if labels is not None:
            loss = self.loss_function(logits, labels, vocab_size=self.config.llm.vocab_size, **kwargs)
        return CausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=past_key_values,
            hidden_states=None if states is None else (*states, hidden),
        )

    def prepare_inputs_for_generation(
        self,
        input_ids: Tensor,
        images: Tensor | None = None,
        pooled_patches_idx: Tensor | None = None,
        is_first_iteration: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Images go into the first pass only; later ones find them in the cache."""
        inputs = super().prepare_inputs_for_generation(input_ids, is_first_iteration=is_first_iteration, **kwargs)
        if is_first_iteration or not kwargs.get("use_cache", True):
            inputs |= {"images": images, "pooled_patches_idx": pooled_patches_idx}
        return inputs
