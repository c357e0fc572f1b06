/** The pictures of the README, taken anew by `npm run screenshots`: what a person sees first, in both themes. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Page } from 'playwright-core';
import { onTestFinished, test } from 'vitest';
import { UI_EXTENSION } from '../../src/views/names.ts';
import { OFFERED, simulate } from '../api/support.ts';
import { envFor, request, run, tellingBrowser, toolCall } from '../e2e/harness.ts';
import { start } from '../e2e/inside.ts';
import { shrinkPng } from './png.ts';
import { launch } from './tabs.ts';
import { openHost } from './view-stage.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const WIDTH = 960;
const THEMES = ['light', 'dark'] as const;

async function launchForTest() {
  const browser = await launch();
  onTestFinished(() => browser.close());
  return browser;
}

/** Takes a picture of a whole page, in both themes. */
async function take(tab: Page, name: string): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  for (const colorScheme of THEMES) {
    await tab.emulateMedia({ colorScheme });
    const height = Number(await tab.evaluate('document.documentElement.scrollHeight'));
    await tab.setViewportSize({ width: WIDTH, height });
    await writeFile(`${FOLDER}${name}-${colorScheme}.png`, shrinkPng(await tab.screenshot()));
  }
}

test('the approval page', async () => {
  const opener = await tellingBrowser();
  const server = run([], { ...envFor(await simulate()), ...opener.env });
  const clientInfo = { name: 'claude-code', version: '2.0.0' };
  server.send(request(1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }));
  const smsConfiguration = { servicePlanId: '8c3b7282592e74a5451c462b5fc1f5e8', campaignId: 'CDZHLUV' };
  server.send(toolCall(2, 'rent_number', { phoneNumber: OFFERED, smsConfiguration }));
  const tab = await (await launchForTest()).newPage({ viewport: { width: WIDTH, height: 480 } });
  await tab.goto(await opener.address());
  await take(tab, 'approval');
});

test('the inventory', async () => {
  const { client } = await start({
    simulator: { active: 60 },
    capabilities: { extensions: { [UI_EXTENSION]: {} } },
  });
  const host = await openHost(await launchForTest(), { viewport: { width: WIDTH, height: 480 } });
  const audit = async (args: Record<string, unknown>) =>
    CallToolResultSchema.parse(await client.callTool({ name: 'audit_provisioning', arguments: args }));
  const { tab, view, host: tell } = await host.open('inventory', { answer: audit });
  await tell('sendResult', await audit({}));
  await view.getByRole('heading', { name: 'Findings' }).waitFor();
  await take(tab, 'inventory');
});
