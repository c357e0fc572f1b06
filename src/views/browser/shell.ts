/** What the views share: how a view gets its data, and what it shows while it has none. */
import { VIEW_DATA } from '../names.ts';
import { button, byId, h, show } from './dom.ts';
import { type Fields, fieldsOf, rowsOf, textOf } from './fields.ts';
import { connectToHost, type Host } from './host.ts';
import { applyContext } from './theme.ts';

/** A host that has told nothing for this long is not waited for any longer, in milliseconds. */
const PATIENCE_MS = 4_000;

export interface ViewParts {
  readonly title: string;
  /** The tool beside whose results the view is shown. */
  readonly tool: string;
  /** The arguments with which the view reads its own data. Undefined where it cannot without more being known. */
  readonly argumentsFor: (input: Fields) => object | undefined;
  /** Whether these are data to show. */
  readonly isData: (data: Fields) => boolean;
  /** Whether something is missing of them that a call of the view's own would bring. */
  readonly isPart: (data: Fields) => boolean;
  readonly render: (data: Fields, view: ViewContext) => void;
}

export interface ViewContext {
  readonly host: Host;
  /** The arguments of the tool call. */
  readonly input: Fields;
  /** Reads the data anew. */
  readonly reload: () => Promise<void>;
  /** Calls the view's tool. @throws {Error} with what the tool said, where it failed */
  readonly call: (args: object) => Promise<Fields>;
}

/** Runs a view in the page that holds `#content` and `#status`. */
export async function runView(parts: ViewParts): Promise<void> {
  const { tool, title, argumentsFor, isData, isPart, render } = parts;
  const content = byId('content');
  let input: Fields = {};
  /** What was shown last, and whether the view has begun to read by itself. */
  let shown: Fields | undefined;
  let hasAsked = false;
  let patience: ReturnType<typeof setTimeout> | undefined;

  const host = await connectToHost(title, {
    onInput: (args) => {
      input = args;
      clearTimeout(patience);
    },
    onResult: (result) => void receive(result),
    onCancelled: () => offer('The call was cancelled.'),
    onContext: (context) => {
      const isReworded = applyContext(context);
      if (isReworded && shown) present(shown);
    },
    onTeardown: () => clearTimeout(patience),
  });
  patience = setTimeout(() => offer('The client has not passed on a result.'), PATIENCE_MS);
  const context = (): ViewContext => ({ host, input, reload, call });

  async function receive(result: Fields): Promise<void> {
    clearTimeout(patience);
    const data = dataOf(result);
    if (result.isError === true) return offer(messageOf(result) || 'The call failed.');
    const isComplete = isData(data) && !isPart(data);
    if (isData(data)) present(data);
    if (isComplete || hasAsked) return;
    // Some hosts pass on neither the structured content nor what is meant for the view alone.
    hasAsked = true;
    if (host.canCall && argumentsFor(input) !== undefined) await reload();
    else if (!isData(data)) offer(messageOf(result));
  }

  function present(data: Fields): void {
    shown = data;
    content.removeAttribute('aria-busy');
    render(data, context());
  }

  async function call(args: object): Promise<Fields> {
    const result = await host.callTool(tool, args);
    if (result.isError === true) throw new Error(messageOf(result) || 'The call failed.');
    const data = dataOf(result);
    if (!isData(data)) throw new Error(messageOf(result) || 'The answer holds no data.');
    return data;
  }

  async function reload(): Promise<void> {
    const args = argumentsFor(input);
    if (args === undefined) return;
    hasAsked = true;
    tell('Reading…');
    content.setAttribute('aria-busy', 'true');
    try {
      const data = await call(args);
      tell('');
      present(data);
    } catch (error) {
      tell('');
      offer(error instanceof Error ? error.message : String(error));
    }
  }

  function readNow(): void {
    // The button goes; the keyboard stays where it was.
    content.focus();
    void reload();
  }

  /** Says why there is nothing (new) to see, and offers to read it. */
  function offer(message: string): void {
    content.removeAttribute('aria-busy');
    const canRead = host.canCall && argumentsFor(input) !== undefined;
    const note = h(
      'div',
      { class: 'note', role: 'alert' },
      h('p', {}, message || 'There is nothing to show.'),
      canRead && button('Read now', readNow),
    );
    if (shown === undefined) show(content);
    for (const older of content.querySelectorAll(':scope > [role=alert]')) older.remove();
    content.prepend(note);
  }
}

/** Says what is going on, to a screen reader too; nothing more is going on with an empty text. */
export function tell(message: string): void {
  const status = byId('status');
  status.textContent = message || (status.dataset.summary ?? '');
}

/** Says what is shown, while nothing is going on. */
export function summarize(text: string): void {
  byId('status').dataset.summary = text;
  tell('');
}

/** What a result holds for a view. */
function dataOf({ structuredContent, _meta: meta }: Fields): Fields {
  return { ...fieldsOf(structuredContent), ...fieldsOf(fieldsOf(meta)[VIEW_DATA]) };
}

/** A result's text. */
function messageOf({ content }: Fields): string {
  return rowsOf(content)
    .map(({ text }) => textOf(text))
    .filter(Boolean)
    .join('\n');
}
