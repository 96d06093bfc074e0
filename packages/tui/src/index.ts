/** Terminal screen: keys, width, renderer, components. */
export {};
