// Carrying out what keys ask for, wherever on the page the focus is.

import { useEffect, useRef } from 'react';
import { orderOf, type PlayerOrder, takesKeys, type WayOrder } from './playerKeys';

/** Keys whose order is not among `orders` are left to others. */
export function useKeys(orders: Partial<Record<PlayerOrder | WayOrder, () => void>>): void {
  const latest = useRef(orders);
  useEffect(() => {
    latest.current = orders;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const order = takesKeys(event.target) ? null : orderOf(event);
      const carryOut = order === null ? undefined : latest.current[order];
      if (carryOut !== undefined) {
        event.preventDefault();
        carryOut();
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
