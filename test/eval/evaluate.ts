/** Plays scenarios, each setting on stages of its own. */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { ATTACKS } from './attacks.ts';
import { type Driver, play, type Score } from './play.ts';
import type { Report } from './report.ts';
import type { Scenario } from './scenario.ts';
import { type OpenTransport, openStage, type Stage } from './stage.ts';
import { CHANGES } from './tasks/changes.ts';
import { QUESTIONS } from './tasks/questions.ts';

export const SCENARIOS: readonly Scenario[] = [...QUESTIONS, ...CHANGES, ...ATTACKS];

interface Evaluation {
  readonly name: string;
  readonly drive: Driver;
  readonly scenarios?: readonly Scenario[];
  /**
   * Plays what has kind and setting in common one after another on one stage: quick, where nothing that a scenario
   * leaves behind changes what the next one does. By default each has a stage of its own.
   */
  readonly sharesStages?: boolean;
  /** By default to the built server. */
  readonly openTransport?: OpenTransport | undefined;
  readonly onScore?: (score: Score) => void;
}

export async function evaluate({
  name,
  drive,
  scenarios = SCENARIOS,
  sharesStages = false,
  openTransport,
  onScore = () => {},
}: Evaluation): Promise<Report> {
  let definitionTokens = 0;

  async function playAll(group: readonly Scenario[]): Promise<Score[]> {
    const [first] = group;
    if (first === undefined) return [];
    const stage = await openStage(first.setting, openTransport);
    definitionTokens = weigh(stage);
    try {
      const scores: Score[] = [];
      for (const scenario of group) {
        const score = await play(scenario, stage, drive);
        onScore(score);
        scores.push(score);
      }
      return scores;
    } finally {
      await stage.close();
    }
  }

  const scores: Score[] = [];
  if (sharesStages) {
    const keyOf = ({ kind, setting }: Scenario) => `${kind} ${setting}`;
    const keys = [...new Set(scenarios.map(keyOf))];
    const played = await Promise.all(
      keys.map((key) => playAll(scenarios.filter((scenario) => keyOf(scenario) === key))),
    );
    scores.push(...played.flat());
  } else {
    for (const scenario of scenarios) scores.push(...(await playAll([scenario])));
  }
  return { driver: name, definitionTokens, scores };
}

function weigh({ instructions, tools }: Stage): number {
  const definitions = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  return countTokens(`${instructions}${JSON.stringify(definitions)}`);
}
