import { expect, test } from 'vitest';
import { UI_EXTENSION, VIEW_MIME_TYPE } from '../../src/views/names.ts';
import { showsViews } from '../../src/views/views.ts';

test.each([
  ['the type of the views', { mimeTypes: ['text/plain', VIEW_MIME_TYPE] }, true],
  ['the extension without types', {}, true],
  ['other types', { mimeTypes: ['text/html'] }, false],
  ['no list of types', { mimeTypes: VIEW_MIME_TYPE }, false],
  ['no object', true, false],
])('a client that declares %s (%o)', (_, declared, expected) => {
  expect(showsViews({ extensions: { [UI_EXTENSION]: declared } })).toBe(expected);
});

test.each([undefined, {}, { extensions: [] }, { experimental: { [UI_EXTENSION]: {} } }])(
  'a client that declares %j shows no views',
  (capabilities) => {
    expect(showsViews(capabilities)).toBe(false);
  },
);
