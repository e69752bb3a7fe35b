"""The tiny policy's parts: a byte-level BPE tokenizer of its conversations, and a Qwen3 of a million weights."""

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from .chat import for_template, render

END = "<|im_end|>"
PAD = "<|endoftext|>"
HEAD_DIM = 32

# Short on purpose: no preamble about tools, which the policy knows by heart. It halves an episode's tokens.
CHAT_TEMPLATE = """\
{%- for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}
{%- for call in message.tool_calls or [] %}
{%- if message.content or not loop.first %}{{ '\\n' }}{% endif %}<tool_call>
{"name": {{ call.function.name | tojson }}, "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def make_tokenizer(conversations: list[list[dict]], vocab: int, context: int) -> PreTrainedTokenizerBase:
    """Trained on the conversations as the chat template shows them."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    # Text of tool calls stays visible when special tokens are left out of a decoded reply.
    tags = [AddedToken(tag, special=False, normalized=False) for tag in ("<tool_call>", "</tool_call>")]
    special = [AddedToken(tag, special=True, normalized=False) for tag in (PAD, "<|im_start|>", END)]
    trainer = trainers.BpeTrainer(
        vocab_size=vocab - len(tags),
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer = wrapped(bpe, context)
    texts = [render(tokenizer, [for_template(message) for message in c], None, False) for c in conversations]
    bpe.train_from_iterator(texts, trainer)
    bpe.add_tokens(tags)
    return wrapped(bpe, context)


def wrapped(bpe: Tokenizer, context: int) -> PreTrainedTokenizerBase:
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=["<|im_start|>"],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=context,
    )


def make_model(tokenizer: PreTrainedTokenizerBase, hidden: int, layers: int, context: int) -> Qwen3ForCausalLM:
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=3 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // HEAD_DIM,
        num_key_value_heads=max(1, hidden // HEAD_DIM // 2),
        head_dim=HEAD_DIM,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)
