// What people call skills.

import { useCallback } from 'react';
import { useCentre } from '../app/CentreProvider';
import { useWords } from '../words/useWords';

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
