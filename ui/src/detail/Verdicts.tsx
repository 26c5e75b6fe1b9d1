import { useRef, useState } from "react";
import { ApiError, giveVerdict } from "../api/client.ts";
import type { AlertHistory, Judgement } from "../api/types.ts";
import { useDetectors } from "../detectors/useDetectors.tsx";
import { JUDGEMENTS, othersSay } from "./judgements.ts";

/** What you think of the alert, and what others do. A button shows its choice at once. */
export function Verdicts({ alert }: { alert: AlertHistory }) {
  const { judged } = useDetectors();
  /** What was chosen here; undefined until then, for what the API knows counts. */
  const [chosen, setChosen] = useState<Judgement>();
  const [error, setError] = useState<ApiError | null>(null);
  const [waiting, setWaiting] = useState(0);
  /** What is safe, to go back to; and what is on its way, one after the other. */
  const kept = useRef<Judgement>(undefined);
  const sent = useRef(Promise.resolve());
  const clicks = useRef(0);
  const own = chosen ?? alert.own_verdict;
  const others = othersSay(alert.verdicts, alert.own_verdict);

  const send = async (verdict: Judgement, click: number) => {
    try {
      await giveVerdict(alert.id, { verdict });
      kept.current = verdict;
      judged();
    } catch (problem) {
      // A later click has made this one void.
      if (click !== clicks.current) return;
      setChosen(kept.current);
      setError(
        problem instanceof ApiError ? problem : new ApiError(0, "The answer could not be read."),
      );
    } finally {
      setWaiting((last) => last - 1);
    }
  };
  const judge = (verdict: Judgement) => {
    if (verdict === own) return;
    clicks.current += 1;
    const click = clicks.current;
    setError(null);
    setChosen(verdict);
    setWaiting((last) => last + 1);
    sent.current = sent.current.then(() => send(verdict, click));
  };

  return (
    <section className="verdicts" aria-labelledby="verdicts-title">
      <h3 id="verdicts-title">Was this alert right?</h3>
      <fieldset aria-labelledby="verdicts-title" aria-busy={waiting > 0}>
        {JUDGEMENTS.map(({ verdict, label }) => (
          <button
            key={verdict}
            type="button"
            data-verdict={verdict}
            aria-pressed={own === verdict}
            onClick={() => judge(verdict)}
          >
            {label}
          </button>
        ))}
      </fieldset>
      {error !== null && (
        <p className="inline-error" role="alert">
          {error.message}
        </p>
      )}
      <p className="quiet-text">
        {others === "" ? "What you say is counted for its detector." : others}
      </p>
    </section>
  );
}
