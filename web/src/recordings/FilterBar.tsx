// What recordings are looked for by.

import { Button, DatePicker, InputNumber, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import 'dayjs/locale/zh-cn';
import timezone from 'dayjs/plugin/timezone';
import utc from 'dayjs/plugin/utc';
import { useEffect } from 'react';
import { ENDED_BY } from '../api/model';
import { useCentre } from '../app/CentreProvider';
import { useWords } from '../words/useWords';
import { Field } from './Field';
import { type Search, withFilter } from './look';
import type { Choice, Choices } from './useChoices';

dayjs.extend(utc);
dayjs.extend(timezone);

interface FilterBarProps {
  readonly search: Search;
  readonly choices: Choices;
  readonly onSearch: (search: Search) => void;
}

export function FilterBar({ search, choices, onSearch }: FilterBarProps) {
  const { say, language } = useWords();
  const { timeZone } = useCentre();
  const dayOf = (unix: number | undefined) => (unix === undefined ? null : dayjs.unix(unix).tz(timeZone));
  /** The site's midnight before this day. */
  const midnight = (day: Dayjs | null | undefined) => day?.startOf('day').tz(timeZone, true).unix();
  useEffect(() => {
    dayjs.locale(language.toLowerCase());
  }, [language]);
  const endings = ENDED_BY.map((ending) => ({ value: ending, label: say(`recording.ended.${ending}`) }));
  return (
    <section className="filter-bar" aria-label={say('filter.title')}>
      <One
        name={say('recording.queue')}
        value={search.queue}
        choices={choices.queues}
        onChange={(queue) => onSearch(withFilter(search, 'queue', queue))}
      />
      <One
        name={say('recording.agent')}
        value={search.agent}
        choices={choices.agents}
        onChange={(agent) => onSearch(withFilter(search, 'agent', agent))}
      />
      <One
        name={say('recording.skills')}
        value={search.skill}
        choices={choices.skills}
        onChange={(skill) => onSearch(withFilter(search, 'skill', skill))}
      />
      <One
        name={say('recording.ended_by')}
        value={search.ended_by}
        choices={endings}
        onChange={(ending) =>
          onSearch(
            withFilter(
              search,
              'ended_by',
              ENDED_BY.find((known) => known === ending),
            ),
          )
        }
      />
      <Field name={say('filter.min_wait')}>
        <InputNumber
          aria-label={say('filter.min_wait')}
          className="seconds"
          min={0}
          value={search.min_wait_s ?? null}
          placeholder={say('filter.any')}
          suffix={say('filter.seconds')}
          onChange={(seconds) => onSearch(withFilter(search, 'min_wait_s', seconds ?? undefined))}
        />
      </Field>
      <Field name={say('filter.dates')}>
        <DatePicker.RangePicker
          aria-label={say('filter.dates')}
          allowEmpty={[true, true]}
          value={[dayOf(search.from), dayOf(search.to === undefined ? undefined : search.to - 1)]}
          onChange={(days) => {
            const [first, last] = days ?? [null, null];
            const from = withFilter(search, 'from', midnight(first));
            onSearch(withFilter(from, 'to', midnight(last?.add(1, 'day'))));
          }}
        />
      </Field>
      <Button type="text" disabled={Object.keys(search).length === 0} onClick={() => onSearch({})}>
        {say('filter.clear')}
      </Button>
    </section>
  );
}

interface OneProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string | undefined) => void;
}

function One({ name, value, choices, onChange }: OneProps) {
  const { say } = useWords();
  return (
    <Field name={name}>
      <Select
        className="one"
        allowClear
        showSearch={{ optionFilterProp: 'label' }}
        aria-label={name}
        placeholder={say('filter.any')}
        value={value ?? null}
        onChange={(chosen: string | null | undefined) => onChange(chosen ?? undefined)}
        options={[...choices]}
      />
    </Field>
  );
}
