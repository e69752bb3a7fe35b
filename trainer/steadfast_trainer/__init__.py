"""The embedded policy server: samples with token ids, trains LoRA adapters one exact step at a time."""
