import { describe, expect, test } from 'vitest';
import { definitions } from '../../src/tools/definitions.ts';
import { offeredTools } from '../../src/tools/enabled-tools.ts';
import { tools } from '../../src/tools/index.ts';

const names = (offered: readonly { name: string }[]) => offered.map(({ name }) => name);

describe('the tools on offer', () => {
  test('are the fourteen, those of the operations first', () => {
    expect(names(tools)).toEqual([
      'search_available_numbers',
      'check_number_availability',
      'rent_number',
      'rent_any_number',
      'list_active_numbers',
      'get_active_number',
      'update_active_number',
      'release_number',
      'list_available_regions',
      'get_callback_configuration',
      'update_callback_configuration',
      'audit_provisioning',
      'list_callback_events',
      'wait_for_provisioning',
    ]);
    expect(offeredTools({ readOnly: false })).toEqual(definitions);
  });

  test('are only those that change nothing, if read-only', () => {
    expect(names(offeredTools({ readOnly: true }))).toEqual([
      'search_available_numbers',
      'check_number_availability',
      'list_active_numbers',
      'get_active_number',
      'list_available_regions',
      'get_callback_configuration',
      'audit_provisioning',
      'list_callback_events',
      'wait_for_provisioning',
    ]);
  });

  test('are only those that are named, and of these only the readers if read-only', () => {
    const wanted = ['rent_number', 'get_active_number'];
    expect(names(offeredTools({ readOnly: false, names: wanted }))).toEqual(wanted);
    expect(names(offeredTools({ readOnly: true, names: wanted }))).toEqual(['get_active_number']);
    expect(offeredTools({ readOnly: false, names: [] })).toEqual([]);
  });
});

describe("a person's yes", () => {
  const GATED = [
    'rent_number',
    'rent_any_number',
    'update_active_number',
    'release_number',
    'update_callback_configuration',
  ];

  test('can be needed by what spends money, ends a subscription or cuts off what works', () => {
    const gated = tools.filter(({ isGated }) => isGated);
    expect(names(gated)).toEqual(GATED);
  });

  test('can be brought along as a token by these tools only', () => {
    const taking = tools.filter(({ input }) => 'confirmationToken' in input.shape);
    expect(names(taking)).toEqual(GATED);
  });
});
