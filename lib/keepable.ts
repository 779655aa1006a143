// SPDX-License-Identifier: Apache-2.0

/** Whether the database can keep a text: UTF-8 has no half of a surrogate pair, PostgreSQL no character U+0000. */
export const isKeepable = (text: string): boolean => !text.includes('\0') && text.isWellFormed()
