// What people call skills.

import { useCallback } from 'react';
import { useWords } from '../words/useWords';
import { useCentre } from './CentreProvider';

/** How to say a skill; one that the installation has no label for goes by its name. */
export function useSkillWords(): (skill: string) => string {
  const { language } = useWords();
  const { skills } = useCentre();
  return useCallback(
    (skill) => {
      const label = skills[skill];
      return label === undefined ? skill : label[language];
    },
    [skills, language],
  );
}
