/** The pages that the browser shows after a login: no script, no resource from elsewhere, of the request only escaped text. */

export function successPage(): string {
  return page('Signed in', 'You are signed in. You can close this tab and return to the terminal.');
}

export function failurePage(reason: string): string {
  return page('Not signed in', `${reason} Return to the terminal to try again.`);
}

export function plainPage(text: string): string {
  return page(text, '');
}

function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>sx: ${escapeHtml(title)}</title><style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1.5rem}
</style></head>
<body><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p></body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
