// SPDX-License-Identifier: Apache-2.0

/**
 * Milliseconds of processor time that this thread spends on some work: what a limit against endless work is about. Wall time
 * would also count whatever else the machine does meanwhile.
 */
export function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
