import { useState } from "react";
import type { InputReference } from "../api/types.ts";
import { type Column, Table } from "../shell/Table.tsx";

const SHOWN_AT_FIRST = 8;

const COLUMNS: readonly Column<InputReference>[] = [
  { title: "Topic", cell: (input) => input.topic },
  { title: "Partition", isNumber: true, cell: (input) => input.partition },
  { title: "Offset", isNumber: true, cell: (input) => input.offset },
];

/** Where the records lie in Kafka that this revision was made from, to read them again. */
export function Inputs({ inputs }: { inputs: readonly InputReference[] }) {
  const [all, setAll] = useState(false);
  if (inputs.length === 0) return <p className="quiet-text">This revision names no inputs.</p>;
  const shown = all ? inputs : inputs.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <Table
        className="inputs"
        columns={COLUMNS}
        rows={shown}
        keyOf={({ topic, partition, offset }) => `${topic}/${partition}/${offset}`}
      />
      {shown.length < inputs.length && (
        <button type="button" className="quiet" onClick={() => setAll(true)}>
          Show all {inputs.length}
        </button>
      )}
    </>
  );
}
