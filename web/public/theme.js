// SPDX-License-Identifier: Apache-2.0
// Before the first paint, so that a chosen theme never flashes; a file of its own because the policy allows no inline script.
document.documentElement.dataset.theme = localStorage.getItem('assay.theme') ?? 'system'
