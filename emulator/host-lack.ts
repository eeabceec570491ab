/** What this machine lacks, so that a run can't go on: nothing that the guest could see or help. The command says it in one line. */
export class HostLack extends Error {}
