"""The MultiModel: encoder, input-output mixer, decoder, and what builds them from settings."""
