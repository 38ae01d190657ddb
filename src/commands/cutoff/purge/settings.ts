/** Reads the settings of a purge: those of a campaign, whose legacy store is a database. */
import { AppError } from '../../../errors/errors.ts'
import {
  campaignSettings,
  type CampaignSettings,
  type CampaignStore,
} from '../../campaign/settings.ts'
import type { CommandContext } from '../../context.ts'
import { readSettings } from '../../read-settings.ts'

export type PurgeSettings = CampaignSettings & { readonly store: CampaignStore }

export const purgeSettings = ({ context }: { readonly context: CommandContext }): PurgeSettings => {
  const { store, ...settings } = readSettings(context, campaignSettings(false, 'no file will do'))
  // Its absence was reported.
  if (!store) throw new AppError('config_invalid')
  return { ...settings, store }
}
