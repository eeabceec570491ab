/** What is undone should a signal, or the reader of our output, end the command before its time. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const actions = new Set<() => void>();

function undoAll(): void {
  for (const action of [...actions]) action();
  actions.clear();
  stopListening();
}

function stopListening(): void {
  for (const signal of signals) process.removeListener(signal, endedBy);
  process.removeListener('exit', undoAll);
}

function endedBy(signal: NodeJS.Signals): void {
  undoAll();
  process.kill(process.pid, signal);
}

/** `action` is done when the command ends, unless what is returned is called before. */
export function whenEnded(action: () => void): () => void {
  if (actions.size === 0) {
    for (const signal of signals) process.on(signal, endedBy);
    process.on('exit', undoAll);
  }
  actions.add(action);
  return () => {
    actions.delete(action);
    if (actions.size === 0) stopListening();
  };
}
