/** Views, as the server offers them: to clients that show some, and to no other. */
import { describe, expect, test } from 'vitest';
import { offeredTools } from '../../src/tools/enabled-tools.ts';
import { UI_EXTENSION, VIEW_DATA, VIEW_MIME_TYPE } from '../../src/views/names.ts';
import { VIEW_META, views } from '../../src/views/views.ts';
import { shared } from '../support/lifetime.ts';
import { envFor, handshake, type Message, request, toolCall } from './harness.ts';
import { openBareSession } from './http-harness.ts';
import { connectServer, run, runHttp, start } from './inside.ts';

const SHOWS = { extensions: { [UI_EXTENSION]: { mimeTypes: [VIEW_MIME_TYPE] } } };
const URIS = views.map(({ uri }) => uri);
const ALL = ['summary', 'inventory', 'charges', 'links', 'findings'];

/** The lists of a server for such a client, and what it makes of reading a view, byte for byte. */
async function listsFor(capabilities: object): Promise<readonly string[]> {
  const server = run(['--simulator']);
  server.send(...handshake(capabilities), request('early', 'tools/list'));
  await server.answer('early');
  server.send(request('late', 'tools/list'), request('resources', 'resources/list'));
  server.send(request('view', 'resources/read', { uri: URIS[0] }));
  const ids = ['early', 'late', 'resources', 'view'];
  await Promise.all(ids.map(server.answer));
  const lines = server.stdout().split('\n');
  return ids.map((id) => lines.find((line) => line.includes(`"id":"${id}"`)) ?? '');
}

describe('a client that shows no views', () => {
  test.each([
    ['nothing', {}],
    ['views of another kind', { extensions: { [UI_EXTENSION]: { mimeTypes: ['text/plain'] } } }],
  ])('and declares %s sees no trace of them', async (_, capabilities) => {
    const [early = '', late = '', resources = '', view = ''] = await listsFor(capabilities);
    const tools = offeredTools({ readOnly: false });
    expect(early).toBe(JSON.stringify({ jsonrpc: '2.0', id: 'early', result: { tools } }));
    expect(JSON.parse(late).result).toEqual({ tools });
    expect(resources).not.toContain('ui:');
    expect(resources).not.toContain('_meta');
    expect(JSON.parse(view).error).toMatchObject({ code: -32002, message: `Resource not found: ${URIS[0]}` });
  });
});

describe('a client that shows views', () => {
  const setup = shared(() => start({ simulator: { active: 30 }, capabilities: SHOWS }));

  test('lists the same tools, with their views; it may let a view call those alone that read', async () => {
    const [early = '', late = ''] = await listsFor(SHOWS);
    const { tools } = JSON.parse(early).result;
    expect(JSON.parse(late).result).toEqual({ tools });
    const plain = offeredTools({ readOnly: false });
    expect(tools.map(({ _meta: _, ...tool }: Message) => tool)).toEqual(
      plain.map(({ _meta: _, ...tool }) => tool),
    );
    for (const [index, { name, annotations, _meta: meta }] of plain.entries()) {
      const uri = views.find(({ tool }) => tool === name)?.uri;
      const { readOnlyHint } = annotations;
      const ui = {
        ...(uri && { resourceUri: uri }),
        visibility: readOnlyHint ? ['model', 'app'] : ['model'],
      };
      const added =
        uri === undefined && readOnlyHint
          ? undefined
          : { ...meta, ui, ...(uri && { 'ui/resourceUri': uri }) };
      expect(tools[index]._meta, name).toEqual(added);
    }
  });

  test.each(views)('reads $uri: one page of less than 30 KB that loads nothing', async ({ uri, title }) => {
    const { client } = setup();
    const { resources } = await client.listResources();
    const listed = resources.find((resource) => resource.uri === uri);
    expect(listed).toMatchObject({ title, mimeType: VIEW_MIME_TYPE, _meta: VIEW_META });
    const { contents } = await client.readResource({ uri });
    expect(contents).toEqual([{ uri, mimeType: VIEW_MIME_TYPE, text: expect.any(String), _meta: VIEW_META }]);
    const html = String(contents[0] && 'text' in contents[0] && contents[0].text);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(Buffer.byteLength(html)).toBeLessThan(30_000);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|\burl\(|@import|\ssrc=|\shref=/,
    );
    expect(html).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/);
  });

  test('is sent what a view shows beside what the model asked for, of one reading', async () => {
    const { client, api } = setup();
    const reads = () => api.requests.filter((it) => it.startsWith('GET ')).length;
    const before = reads();
    const { structuredContent, _meta: meta } = await client.callTool({
      name: 'audit_provisioning',
      arguments: {},
    });
    const once = reads() - before;
    expect(Object.keys(Object(structuredContent))).not.toContain('charges');
    expect(meta).toEqual({ [VIEW_DATA]: expect.objectContaining(Object(structuredContent)) });
    const asked = await client.callTool({ name: 'audit_provisioning', arguments: { sections: ALL } });
    expect(asked._meta).toBeUndefined();
    expect(meta?.[VIEW_DATA]).toMatchObject({ charges: Object(asked.structuredContent).charges });
    expect(reads() - before).toBe(2 * once);
    const search = { name: 'search_available_numbers', arguments: { regionCode: 'US', type: 'LOCAL' } };
    expect((await client.callTool(search))._meta).toBeUndefined();
  });

  test('and reads the text alone is sent it apart from that text', async () => {
    const server = run([], { ...envFor(setup().api), SINCH_NUMBERS_RESULTS: 'text' });
    server.send(
      ...handshake(SHOWS),
      toolCall(1, 'search_available_numbers', { regionCode: 'US', type: 'LOCAL' }),
    );
    const { result } = await server.answer(1);
    expect(result).toEqual({
      content: [{ type: 'text', text: expect.stringContaining('found') }],
      _meta: { [VIEW_DATA]: expect.objectContaining({ availableNumbers: expect.any(Array) }) },
    });
  });

  test('finds no view of a tool that is not offered', async () => {
    const env = { SINCH_NUMBERS_TOOLS: 'search_available_numbers' };
    const { client } = await connectServer({ args: ['--simulator'], env, capabilities: SHOWS });
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri).filter((uri) => uri.startsWith('ui:'))).toEqual([URIS[1]]);
    await expect(client.readResource({ uri: URIS[0] ?? '' })).rejects.toThrow('Resource not found');
  });

  test('sees them over HTTP too, beside one that shows none', async () => {
    const { url } = await runHttp([], envFor(setup().api));
    const [shows, plain] = await Promise.all([openBareSession(url, SHOWS), openBareSession(url)]);
    const list = request(1, 'resources/list');
    const [seen, unseen] = await Promise.all([shows.post(list), plain.post(list)]);
    expect(await seen.text()).toContain(URIS[0]);
    expect(await unseen.text()).not.toContain('ui:');
  });
});
