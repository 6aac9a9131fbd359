"""``assay export``: a trained model as a folder that others load, with a card that says what paid for it.

OUTPUT/model.safetensors config.json generation_config.json     weights, and how to sample from them
OUTPUT/tokenizer.json tokenizer_config.json chat_template.jinja
OUTPUT/registry.yaml registry.lock                              what was paid, and by whom
OUTPUT/README.md                                                the model card
"""
