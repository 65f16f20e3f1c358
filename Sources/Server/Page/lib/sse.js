/**
 * Reads server-sent events from a response's body. The page uses `fetch` and not EventSource, because `fetch` can send a
 * bearer token, gives the status of a refusal, and shows when the server is silent.
 * @param onBytes called when anything arrives, comments included
 * @param onEvent called with `{id, event, data}`; data is null when the server sends only an id
 */
export async function readEvents(body, onBytes, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let event = empty();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line !== '') take(line, event);
      else {
        onEvent(event);
        event = empty();
      }
    }
  }
}

function empty() {
  return { id: null, event: 'message', data: null };
}

function take(line, event) {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'data') event.data = event.data === null ? value : `${event.data}\n${value}`;
  else if (name === 'event') event.event = value;
  else if (name === 'id') event.id = value;
}
