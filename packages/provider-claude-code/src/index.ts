/** Claude with a Claude Code login. */
export {};
