/** Claude through the Anthropic API, with a key. */
export {};
