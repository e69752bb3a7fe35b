/** Temporal's status of a workflow in the words of a run. */
export function statusWord(status: string): string {
  switch (status) {
    case 'RUNNING':
    case 'CONTINUED_AS_NEW':
      return 'running';
    case 'CANCELLED':
    case 'CANCELED':
      return 'cancelled';
    case 'TIMED_OUT':
      return 'timed out';
    default:
      return status.toLowerCase();
  }
}
