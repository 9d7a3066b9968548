"""The sizes and switches of a checkpoint: config.json as published, read and written in the same layout."""

from typing import Any, ClassVar, Literal, cast

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig
from transformers.activations import ACT2FN

Number = float | int
"""JSON writes 500000 as well as 500000.0."""


class _PartConfig(PreTrainedConfig):
    """What the three parts have in common."""

    def validate_activation(self) -> None:
        """Refuse an activation that transformers does not know."""
        if self.hidden_act not in ACT2FN:
            raise ValueError(f"hidden_act {self.hidden_act!r} is not known")


@strict
class MolmoActVitConfig(_PartConfig):
    """Sizes of the vision transformer.

    Attributes:
        num_hidden_layers: of the network that `vit_layers` of the adapter counts from, not of the weights: layers
            behind the deepest one that is used are not part of a checkpoint.
        image_default_input_size: height and width of a crop, pixels.
        image_num_pos: rows of the stored position table, class row included.
        float32_attention: kept for the layout; softmax of our attention is float32 inside torch's kernel.
    """

    model_type = "molmoact_vit"

    hidden_size: int = 1152
    intermediate_size: int = 4304
    num_hidden_layers: int = 27
    num_attention_heads: int = 16
    num_key_value_heads: int = 16
    head_dim: int = 72
    hidden_act: str = "gelu_pytorch_tanh"
    layer_norm_eps: Number = 1e-6
    image_default_input_size: list[int] | tuple[int, ...] = (378, 378)
    image_patch_size: int = 14
    image_num_pos: int = 729
    attention_dropout: Number = 0.0
    residual_dropout: Number = 0.0
    initializer_range: Number = 0.02
    float32_attention: bool = True
    use_cls_token: bool = False
    patch_bias: bool = True
    pre_layernorm: bool = False

    @property
    def grid(self) -> tuple[int, int]:
        """Patch rows and columns of a crop."""
        height, width = self.image_default_input_size
        return height // self.image_patch_size, width // self.image_patch_size


@strict
class MolmoActAdapterConfig(_PartConfig):
    """Sizes of what leads from the vision transformer into the language model.

    Attributes:
        vit_layers: whose outputs are joined, in this order; negative ones count from the ViT's num_hidden_layers.
        image_padding_embed: the checkpoint carries padding embeddings; not used at inference.
    """

    model_type = ""

    vit_layers: list[int] | tuple[int, ...] = (-3, -9)
    hidden_size: int = 1152
    num_attention_heads: int = 16
    num_key_value_heads: int = 16
    head_dim: int = 72
    float32_attention: bool = True
    attention_dropout: Number = 0.0
    residual_dropout: Number = 0.0
    hidden_act: str = "silu"
    intermediate_size: int = 18944
    text_hidden_size: int = 3584
    image_feature_dropout: Number = 0.0
    initializer_range: Number = 0.02
    image_padding_embed: str | None = None


@strict
class MolmoActLlmConfig(_PartConfig):
    """Sizes of the language model.

    Attributes:
        additional_vocab_size: rows of the second embedding table; its ids follow vocab_size and are never generated.
        norm_after: the norms stand behind attention and MLP (OLMo2) and not before them (Qwen2.5).
        qk_norm_type: "olmo": over the whole projection, before it is split into heads.
        rope_scaling: always null in published checkpoints; anything else is refused.
    """

    model_type = "molmoact_llm"
    keys_to_ignore_at_inference: ClassVar[list[str]] = ["past_key_values"]

    hidden_size: int = 3584
    num_attention_heads: int = 28
    num_key_value_heads: int | None = 4
    head_dim: int = 128
    vocab_size: int = 152064
    additional_vocab_size: int = 128
    qkv_bias: bool = True
    num_hidden_layers: int = 28
    intermediate_size: int = 18944
    hidden_act: str = "silu"
    embedding_dropout: Number = 0.0
    attention_dropout: Number = 0.0
    residual_dropout: Number = 0.0
    max_position_embeddings: int = 4096
    rope_theta: Number = 1e6
    rope_scaling: dict[str, Any] | None = None
    use_qk_norm: bool = False
    qk_norm_type: Literal["olmo"] = "olmo"
    layer_norm_eps: Number = 1e-6
    norm_after: bool = False
    initializer_range: Number = 0.02
    use_cache: bool = True

    def __post_init__(self, **kwargs: Any) -> None:
        if self.num_key_value_heads is None:
            self.num_key_value_heads = self.num_attention_heads
        super().__post_init__(**kwargs)

    def validate_rope_scaling(self) -> None:
        """Refuse scaled positions: no published checkpoint has them, so there is nothing to check them against."""
        if self.rope_scaling is not None:
            raise ValueError(f"rope_scaling is {self.rope_scaling!r}; only null is supported")


@strict
class MolmoActConfig(PreTrainedConfig):
    """A whole checkpoint; `norm_stats` maps a data set's key to the statistics that its actions were scaled with.

    The defaults of all fields are those of the 7B-D family; checkpoints carry every field themselves.

    Attributes:
        vision_variant: "published", or "keypoints": no published checkpoint has it (see `molmoact.modeling.keypoints`).
    """

    model_type = "molmoact"
    sub_configs_defaults: ClassVar[dict[str, Any]] = {
        "vit_config": MolmoActVitConfig,
        "adapter_config": MolmoActAdapterConfig,
        "llm_config": MolmoActLlmConfig,
    }

    # Mappings until __post_init__ has made configurations of them; read them through vit, adapter and llm.
    vit_config: dict[str, Any] | PreTrainedConfig | None = None
    adapter_config: dict[str, Any] | PreTrainedConfig | None = None
    llm_config: dict[str, Any] | PreTrainedConfig | None = None
    image_patch_id: int = 152066
    initializer_range: Number = 0.02
    n_action_bins: int = 256
    vision_variant: Literal["published", "keypoints"] = "published"
    norm_stats: dict[str, Any] | None = None
    use_cache: bool = True
    tie_word_embeddings: bool = False

    def get_text_config(self, decoder: bool | None = None, encoder: bool | None = None) -> MolmoActLlmConfig:
        """The language model's part, under the name by which transformers asks for it."""
        del decoder, encoder
        return self.llm

    @property
    def vit(self) -> MolmoActVitConfig:
        """`vit_config`, typed."""
        return cast(MolmoActVitConfig, self.vit_config)

    @property
    def adapter(self) -> MolmoActAdapterConfig:
        """`adapter_config`, typed."""
        return cast(MolmoActAdapterConfig, self.adapter_config)

    @property
    def llm(self) -> MolmoActLlmConfig:
        """`llm_config`, typed."""
        return cast(MolmoActLlmConfig, self.llm_config)

    @property
    def vit_layers(self) -> tuple[int, ...]:
        """Indices of the ViT blocks whose outputs are joined, in that order, counted from the first block."""
        count = self.vit.num_hidden_layers
        return tuple(i if i >= 0 else i + count for i in self.adapter.vit_layers)

    def to_diff_dict(self) -> dict[str, Any]:
        """What config.json holds, as published: the weights' type is called torch_dtype."""
        output: dict[str, Any] = super().to_diff_dict()
        dtype = output.pop("dtype", None)
        if dtype is not None:
            output["torch_dtype"] = dtype
        if self.vision_variant == "published":  # a field that no published file has
            output.pop("vision_variant", None)
        return output
