import type { Pattern } from "../api/types.ts";
import { PATTERNS, plain, SEVERITIES, STATUSES } from "../format/words.ts";
import { cleared, type Filter, isEverything } from "./filter.ts";
import { TokenFilter } from "./TokenFilter.tsx";

const PATTERN_OPTIONS = (Object.keys(PATTERNS) as Pattern[]).map(
  (value) => [value, PATTERNS[value].name] as const,
);
const SEVERITY_OPTIONS = SEVERITIES.map((value) => [value, plain(value)] as const);
const STATUS_OPTIONS = STATUSES.map((value) => [value, plain(value)] as const);

export function FilterBar({
  filter,
  onChange,
}: {
  filter: Filter;
  onChange: (filter: Filter) => void;
}) {
  return (
    <form
      className="filters"
      aria-label="Filter alerts"
      onSubmit={(event) => event.preventDefault()}
    >
      <TokenFilter token={filter.token} onChange={(token) => onChange({ ...filter, token })} />
      <Choice
        label="Pattern"
        everything="All patterns"
        options={PATTERN_OPTIONS}
        value={filter.pattern}
        onChange={(pattern) => onChange({ ...filter, pattern })}
      />
      <Choice
        label="Severity"
        everything="All severities"
        options={SEVERITY_OPTIONS}
        value={filter.severity}
        onChange={(severity) => onChange({ ...filter, severity })}
      />
      <Choice
        label="Status"
        everything="All statuses"
        options={STATUS_OPTIONS}
        value={filter.status}
        onChange={(status) => onChange({ ...filter, status })}
      />
      <label className="score-filter">
        <span>Score ≥ {filter.minScore.toFixed(2)}</span>
        <input
          type="range"
          min="0"
          max="0.95"
          step="0.05"
          aria-label="Lowest score"
          value={filter.minScore}
          onChange={(event) => onChange({ ...filter, minScore: Number(event.target.value) })}
        />
      </label>
      <label className="check" title="Also those that are part of another alert's event">
        <input
          type="checkbox"
          checked={filter.all}
          onChange={(event) => onChange({ ...filter, all: event.target.checked })}
        />
        <span>All alerts</span>
      </label>
      <button
        type="button"
        className="quiet"
        disabled={isEverything(filter)}
        onClick={() => onChange(cleared(filter))}
      >
        Clear
      </button>
    </form>
  );
}

function Choice<T extends string>({
  label,
  everything,
  options,
  value,
  onChange,
}: {
  label: string;
  everything: string;
  options: readonly (readonly [T, string])[];
  value: T | null;
  onChange: (value: T | null) => void;
}) {
  return (
    <select
      aria-label={label}
      value={value ?? ""}
      data-set={value !== null}
      onChange={(event) => {
        const picked = options.find(([name]) => name === event.target.value);
        onChange(picked?.[0] ?? null);
      }}
    >
      <option value="">{everything}</option>
      {options.map(([name, words]) => (
        <option key={name} value={name}>
          {words}
        </option>
      ))}
    </select>
  );
}
