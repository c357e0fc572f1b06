import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { estimateTokens } from '../../../src/tools/format/tokens.ts';

test.each(['qwkzjxvbnphgtrdm'.repeat(2), 'QWKZJXVBNPHGTRDM'.repeat(2), '01HQ7ZKXW4VBNMPR8TJ2YGFS3D'])(
  'the estimate for %s is not below what it takes',
  (id) => {
    expect(estimateTokens(id)).toBeGreaterThanOrEqual(countTokens(id));
  },
);
