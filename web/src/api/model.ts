// The records of the service's API, as docs/interfaces.md has them. Times are Unix seconds, durations end in `_s`.

export type Language = 'zh-CN' | 'en';
export type Texts = Readonly<Record<Language, string>>;

export const AGENT_STATES = [
  'ready',
  'offered',
  'talking',
  'on_hold',
  'wrap_up',
  'busy_elsewhere',
  'paused',
  'not_responding',
  'signed_out',
] as const;
export type AgentState = (typeof AGENT_STATES)[number];

export type CallState = 'waiting' | 'offered' | 'returning' | 'dialling' | 'later' | 'talking' | 'on_hold';

/** What is agreed of a callback: a call whose customer is not on the line. */
export interface Callback {
  /** How often the customer was tried in vain. */
  readonly attempts: number;
  readonly most_attempts: number;
  /** When they are tried again; null: whenever an agent is free. */
  readonly next_at: number | null;
}

export type Opening = 'open' | 'closed' | 'holiday' | 'emergency';

/** How a queue stands by its calendar. */
export interface Hours {
  readonly calendar: string;
  readonly opening: Opening;
  readonly holiday: Texts | null;
  /** When it opens next by its hours; null where it is open, closed by hand, or not known. */
  readonly opens_at: number | null;
  /** Until when this holds by its hours; null: not known, or by hand. */
  readonly until: number | null;
  /** What was said when it was closed or opened by hand. */
  readonly reason: string;
}

export interface Queue {
  readonly id: string;
  readonly name: Texts;
  readonly waiting: number;
  /** Promised a call back: not on the line, and not in `waiting`. */
  readonly callbacks: number;
  readonly longest_wait_since: number | null;
  readonly offered: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly short_abandoned: number;
  readonly diverted: number;
  /** Not let in: closed, full, nobody signed in. In no other figure. */
  readonly turned_away: number;
  /** A share of 0 to 1; null where no call counts yet. */
  readonly service_level: number | null;
  /** The service level's threshold T. */
  readonly answer_within_s: number;
  /** ASA; null where none was answered. */
  readonly average_wait_s: number | null;
  readonly agents: Readonly<Record<AgentState, number>>;
  /** From when the figures count. */
  readonly since: number;
  /** Null: always open. */
  readonly hours: Hours | null;
}

/** A pause or sign-out that takes effect when the conversation ends. */
export interface Wish {
  readonly state: AgentState;
  readonly reason: string;
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly state: AgentState;
  /** Why paused; empty otherwise. */
  readonly reason: string;
  readonly since: number;
  /** When the state ends by itself. */
  readonly until: number | null;
  readonly phone: string | null;
  readonly call: string | null;
  readonly skills: Readonly<Record<string, number>>;
  readonly queues: readonly string[];
  readonly wish: Wish | null;
  readonly answered: number;
}

/** How much longer a caller will wait, in seconds: eight of ten waits lie within the range. */
export interface ExpectedWait {
  readonly low_s: number;
  readonly likely_s: number;
  readonly high_s: number;
}

export type AttributeValue = string | number | boolean;

export interface Call {
  /** The caller channel's id, which begins with the node's name: `node1-1700000000.12`. */
  readonly id: string;
  readonly queue: string;
  readonly state: CallState;
  /** The place in line from 1; null unless waiting. */
  readonly position: number | null;
  readonly expected_wait: ExpectedWait | null;
  readonly joined_at: number;
  readonly since: number;
  readonly priority: number;
  /** Who talks with the caller, or whose phone rings; of several the best. */
  readonly agent: string | null;
  /** All whose phones ring for the caller now. */
  readonly offered_to: readonly string[];
  readonly step: number;
  readonly step_name: string;
  readonly step_names: Texts;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Null: a caller on the line. */
  readonly callback: Callback | null;
  readonly why: Texts | null;
}

export interface Link {
  readonly up: boolean;
  readonly since: number;
}

export interface Links {
  /** One per Asterisk, by node name. */
  readonly ami: Readonly<Record<string, Link>>;
  /** Null where it is not configured. */
  readonly redis: Link | null;
  readonly mqtt: Link | null;
}

export interface LiveEvent {
  /** The engine's name of the event: `Queued`, `Offered`, `AgentStateChanged`, ... */
  readonly kind: string;
  readonly at: number;
  readonly call: string | null;
  readonly agent: string | null;
  readonly queue: string | null;
  /** What state the agent is in now, and why, where the event is about that. */
  readonly state?: AgentState | null;
  readonly reason?: string;
  /** Which holiday a caller was turned away for. */
  readonly holiday?: Texts | null;
}

export const ENDED_BY = ['caller', 'agent', 'transfer', 'unknown'] as const;
export type EndedBy = (typeof ENDED_BY)[number];

export interface Recording {
  readonly id: string;
  readonly call: string;
  readonly state: 'recording' | 'complete' | 'incomplete';
  readonly started_at: number;
  readonly duration_s: number | null;
  readonly queue: string;
  readonly agent: string;
  readonly agent_name: string;
  readonly wait_s: number;
  readonly ended_by: EndedBy | null;
  /** The skills named in the need. */
  readonly skills: readonly string[];
  readonly menu_path: readonly string[];
  readonly language: string;
  /** Whether it can be played. */
  readonly has_audio: boolean;
  /** Of a fax: how many it has. */
  readonly pages: number | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** A drawn sample, and what it was drawn with: the same again draws the same. */
export interface Sample {
  readonly items: readonly Recording[];
  readonly per_agent: number;
  readonly seed: number;
  /** How many recordings there were to draw from. */
  readonly drawn_from: number;
}

/** The two directions' loudness, 0 to 1, one value every `seconds_per_peak`. */
export interface Peaks {
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly seconds_per_peak: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Hand it in again for what follows; null at the end. */
  readonly next: string | null;
}
