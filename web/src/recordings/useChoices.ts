// What the filters offer: the queues, agents and skills of the installation. Without them the filters still take typed ids.

import { useEffect, useMemo, useState } from 'react';
import { listAgents, listQueues } from '../api/floor';
import type { Agent, Queue } from '../api/model';
import { useSkillWords } from '../app/skills';
import { useWords } from '../words/useWords';

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface Choices {
  readonly queues: readonly Choice[];
  readonly agents: readonly Choice[];
  readonly skills: readonly Choice[];
  /** A queue's name in the page's language; its id where it is not known (any more). */
  readonly queueName: (id: string) => string;
}

export function useChoices(): Choices {
  const { inLanguage, language } = useWords();
  const [queues, setQueues] = useState<readonly Queue[]>([]);
  const [agents, setAgents] = useState<readonly Agent[]>([]);
  const skillWords = useSkillWords();
  useEffect(() => {
    const leaving = new AbortController();
    listQueues(leaving.signal).then(
      ({ items }) => setQueues(items),
      () => undefined,
    );
    listAgents(leaving.signal).then(
      ({ items }) => setAgents(items),
      () => undefined,
    );
    return () => leaving.abort();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: inLanguage changes with the language, and only then
  return useMemo(() => {
    const names = new Map(queues.map((queue) => [queue.id, inLanguage(queue.name)]));
    const skills = new Set(agents.flatMap((agent) => Object.keys(agent.skills)));
    return {
      queues: [...names].map(([value, label]) => ({ value, label })),
      agents: agents.map((agent) => ({ value: agent.id, label: `${agent.name} ${agent.id}` })),
      skills: [...skills].sort().map((skill) => ({ value: skill, label: skillWords(skill) })),
      queueName: (id) => names.get(id) ?? id,
    };
  }, [queues, agents, language, skillWords]);
}
