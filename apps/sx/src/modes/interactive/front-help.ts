/** What `/help` says of keys and lines, in Markdown. Loaded with the commands: the first frame needs none of it. */
const SCREEN_HELP = `**Keys**

- \`Enter\` sends; during a turn it steers: the model hears it after its present tools. \`Tab\` or \`Alt-Enter\` queues it for after the turn
- \`Shift-Enter\`, \`Ctrl-J\` or a backslash before Enter: a new line
- \`Esc\` stops the turn and keeps what was said; what waited comes back to the editor. Twice with nothing to stop: back to an earlier prompt (\`/rewind\`)
- \`Ctrl-C\` empties the editor (\`Ctrl-_\` brings the text back) or stops; twice leaves, and so does \`Ctrl-D\` in an empty editor. \`Ctrl-Z\` suspends
- \`Shift-Tab\` cycles what may happen unasked: default (reading), accept-edits (edits in this directory, too), plan (nothing is changed)
- \`Ctrl-O\` shows in full what was folded: the newest first, once more for the one before
- \`Up\` and \`Down\` go through what you sent, \`Ctrl-R\` searches it. \`Ctrl-G\` opens your editor
- By words: \`Alt-B\` \`Alt-F\`. To the ends: \`Ctrl-A\` \`Ctrl-E\`. Cut: \`Ctrl-W\` \`Alt-D\` \`Ctrl-U\` \`Ctrl-K\`; back: \`Ctrl-Y\`, older ones \`Alt-Y\`. Undo: \`Ctrl-_\`, redo: \`Alt-_\`
- \`@\` files, \`/\` commands, \`!\` a shell line, run at once (rules that deny hold); paste or drop an image by its path`;

const LINES_HELP = `**Lines**

- a line is sent; one that ends in a backslash goes on in the next. Between two lines of \`"""\` stands one prompt, for a paste
- during a turn a line steers: the model hears it after its present tools. \`/queue PROMPT\` sends it after the turn
- a question is answered by its number, and then no key but that line counts
- \`Ctrl-C\` stops the turn and keeps what was said; twice leaves. \`Ctrl-D\` in an empty line leaves as well
- \`@\` in front of the path of an image or a PDF attaches it, \`!\` runs a shell line at once (rules that deny hold)`;

export const FRONT_HELP = { screen: SCREEN_HELP, lines: LINES_HELP } as const;
