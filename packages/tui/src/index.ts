/** Terminal screen: keys, width, renderer, editor, content. Pure parts and a thin shell around two streams; knows no model. */
export { detectCapabilities, type Capabilities, type TerminalVariables } from './colour/capabilities.ts';
export { sgrParameters, toIndexed, type Colour, type ColourDepth } from './colour/colour.ts';
export { createTheme, groundOf, type Theme } from './colour/theme.ts';
export {
  type FocusChange,
  type InputEvent,
  keyId,
  keyPress,
  type KeyPress,
  type Modifiers,
  type Paste,
  type TerminalReply,
} from './keys/input-event.ts';
export { createKeyDecoder, type KeyDecoder } from './keys/key-decoder.ts';
export { defaultLimits, type Limits } from './limits.ts';
export { type Clock, systemClock } from './screen/frame-clock.ts';
export { createScreen, type Screen, type ScreenOptions, type ScreenOutput, type Size, type View } from './screen/screen.ts';
export { openTerminal, RESTORE_TERMINAL, type Terminal, type TerminalInput, type TerminalOptions } from './screen/terminal.ts';
export { cellWidth, clusterWidth, graphemes, type WidthOptions } from './text/cell-width.ts';
export { type TextOptions } from './text/clusters.ts';
export { escapeControls } from './text/escape-controls.ts';
export { type Line, lineText, PLAIN, restyle, type Span, span, type Style, textLines } from './text/span.ts';
export { lineWidth, type Row, rowText, truncateLine, wrapLine, wrapLines, type WrapOptions } from './text/wrap.ts';
export { type CompletionRequest, openCompletion, setCompletions } from './editor/completion.ts';
export {
  attachmentsOf,
  type Chip,
  type Completion,
  type CompletionItem,
  createEditor,
  type Draft,
  type EditorState,
  expandedText,
  insertChip,
  insertText,
  setEditorText,
} from './editor/editor-state.ts';
export { fuzzyFilter, fuzzyScore } from './editor/fuzzy-filter.ts';
export { defaultKeymap, type EditorCommand, type Keymap } from './editor/keymap.ts';
export { type EditorContext, type EditorEffect, type EditorStep, updateEditor } from './editor/update-editor.ts';
export { editorColumns, type EditorViewOptions, viewEditor } from './editor/view-editor.ts';
export { renderDiff, type DiffRenderOptions } from './content/diff/render-diff.ts';
export { diffWords, type Piece, type WordDiff } from './content/diff/word-diff.ts';
export { foldLines, type FoldOptions } from './content/fold.ts';
export { languageOfFile } from './content/highlight/grammar.ts';
export {
  createHighlighter,
  highlightCode,
  type Highlighter,
  type HighlightState,
  type Token,
  type TokenKind,
  tokensToLine,
} from './content/highlight/highlighter.ts';
export { type Graphics, guessGraphics, learnGraphics } from './content/image/graphics.ts';
export { imageSequence } from './content/image/image-sequence.ts';
export { imageLine, imageSize, type ImageSize, type TerminalImage } from './content/image/image-size.ts';
export { type Align, type Block, type Container, type Leaf } from './content/markdown/block.ts';
export { parseInline, type InlineOptions } from './content/markdown/inline.ts';
export { createMarkdownStream, type MarkdownStream, parseMarkdown } from './content/markdown/markdown-stream.ts';
export { type MarkdownRenderOptions, renderBlocks } from './content/markdown/render-blocks.ts';
