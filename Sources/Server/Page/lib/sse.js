/**
 * Reads server-sent events from a response's body. (A stream by `fetch` rather than an EventSource: it can carry a
 * bearer token, it sees a refusal's status, and it notices when the server falls silent.)
 * @param onBytes called for whatever arrives, comments included
 * @param onEvent called with `{id, event, data}`; data is null where only the place in the stream is told
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
