// Reasons for a pause, for not responding, or for turning a caller away, in words.

import { useCentre } from '../app/CentreProvider';
import { useWords } from '../words/useWords';

/** Reasons that the engine itself gives; all others are the installation's, which labels them. */
const ENGINES_OWN = [
  'sign_in',
  'no_answer',
  'busy',
  'unreachable',
  'refused',
  'error',
  'closed',
  'holiday',
  'emergency',
  'none_signed_in',
  'full',
  'fixed',
  'until_finished',
  'too_long',
  'expired',
] as const;

/** How to say a reason; one that nobody has words for is shown as it was written. */
export function useReasonWords(): (reason: string) => string {
  const { say, inLanguage } = useWords();
  const { pauseReasons } = useCentre();
  return (reason) => {
    const own = ENGINES_OWN.find((word) => word === reason);
    const installed = pauseReasons.find(({ name }) => name === reason);
    if (own !== undefined) {
      return say(`reason.${own}`);
    }
    if (installed === undefined) {
      return reason;
    }
    const label = inLanguage(installed.label);
    return installed.counts_as === 'work' ? say('reason.at_work', { reason: label }) : label;
  };
}
