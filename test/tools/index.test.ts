import { describe, expect, test } from 'vitest';
import { definitions, toolsetNames } from '../../src/tools/definitions.ts';
import { DEFAULT_TOOLSETS, offeredTools } from '../../src/tools/enabled-tools.ts';
import { tools } from '../../src/tools/index.ts';

const names = (offered: readonly { name: string }[]) => offered.map(({ name }) => name);

describe('the tools on offer', () => {
  test('are those of all toolsets, those of the eleven operations first', () => {
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
      'find_active_numbers',
      'wait_for_provisioning',
      'list_callback_events',
      'list_activity',
      'rent_numbers',
      'update_active_numbers',
      'release_numbers',
      'lookup_number_requirements',
      'create_number_order',
      'get_number_order',
      'get_number_order_registration',
      'update_number_order_registration',
      'upload_number_order_attachment',
      'submit_number_order',
      'list_number_orders',
      'wait_for_number_order',
      'get_emergency_address',
      'validate_emergency_address',
      'provision_emergency_address',
      'deprovision_emergency_address',
    ]);
    expect(offeredTools({ readOnly: false })).toEqual(
      definitions.filter(({ name }) => !toolsetNames.emergency?.includes(name)),
    );
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
      'find_active_numbers',
      'wait_for_provisioning',
      'list_callback_events',
      'list_activity',
      'lookup_number_requirements',
      'get_number_order',
      'get_number_order_registration',
      'list_number_orders',
      'wait_for_number_order',
    ]);
  });

  test('are only those that are named, and of these only the readers if read-only', () => {
    const wanted = ['rent_number', 'get_active_number'];
    expect(names(offeredTools({ readOnly: false, names: wanted }))).toEqual(wanted);
    expect(names(offeredTools({ readOnly: true, names: wanted }))).toEqual(['get_active_number']);
    expect(offeredTools({ readOnly: false, names: [] })).toEqual([]);
  });
});

describe('toolsets', () => {
  test('are the five of the design; by default all but emergency are offered', () => {
    expect(Object.keys(toolsetNames)).toEqual(['core', 'insight', 'bulk', 'orders', 'emergency']);
    expect(DEFAULT_TOOLSETS).toEqual(['core', 'insight', 'bulk', 'orders']);
    expect(Object.values(toolsetNames).flat()).toEqual(names(tools));
  });

  test('the tools of core are those of the eleven operations', () => {
    const ofOperations = tools.filter(({ operationId }) => operationId !== undefined);
    expect(toolsetNames.core).toEqual(names(ofOperations).slice(0, 11));
    expect(ofOperations).toHaveLength(22);
  });

  test('are offered as they are named, in the order of all tools', () => {
    const insight = offeredTools({ readOnly: false, toolsets: ['insight'] });
    expect(names(insight)).toEqual(toolsetNames.insight);
    expect(offeredTools({ readOnly: false, toolsets: ['insight', 'core'] })).toEqual(
      definitions.filter(({ name }) => [...(toolsetNames.core ?? []), ...names(insight)].includes(name)),
    );
    expect(
      offeredTools({ readOnly: true, toolsets: ['core'] }).every(
        ({ annotations }) => annotations.readOnlyHint,
      ),
    ).toBe(true);
  });

  test('do not matter to a tool that is named itself', () => {
    const wanted = ['audit_provisioning'];
    expect(names(offeredTools({ readOnly: false, toolsets: ['core'], names: wanted }))).toEqual(wanted);
  });
});

describe("a person's yes", () => {
  const GATED = [
    'rent_number',
    'rent_any_number',
    'update_active_number',
    'release_number',
    'update_callback_configuration',
    'rent_numbers',
    'update_active_numbers',
    'release_numbers',
    'submit_number_order',
    'provision_emergency_address',
    'deprovision_emergency_address',
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
