import { useState } from "react";
import type { InputReference } from "../api/types.ts";

const SHOWN_AT_FIRST = 8;

/** Where the records lie in Kafka that this revision was made from, to read them again. */
export function Inputs({ inputs }: { inputs: readonly InputReference[] }) {
  const [all, setAll] = useState(false);
  if (inputs.length === 0) return <p className="quiet-text">This revision names no inputs.</p>;
  const shown = all ? inputs : inputs.slice(0, SHOWN_AT_FIRST);
  return (
    <>
      <table className="inputs">
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col" className="number">
              Partition
            </th>
            <th scope="col" className="number">
              Offset
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((input) => (
            <tr key={`${input.topic}/${input.partition}/${input.offset}`}>
              <td>{input.topic}</td>
              <td className="number">{input.partition}</td>
              <td className="number">{input.offset}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < inputs.length && (
        <button type="button" className="quiet" onClick={() => setAll(true)}>
          Show all {inputs.length}
        </button>
      )}
    </>
  );
}
