// SPDX-License-Identifier: Apache-2.0
import { parentPort } from 'node:worker_threads'
import { answer } from './judging.ts'
import type { Question } from './questions.ts'

/** The thread in which checks are evaluated: it can be ended from outside whatever an expression does. */
parentPort?.on('message', (question: Question) => parentPort?.postMessage(answer(question)))
