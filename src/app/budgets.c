/* SPDX-License-Identifier: MIT
 *
 * budgets.c - what a source may spend: its own limits, those of a budget that it shares, or those
 * of its connector; and the price of a call.
 */
#include "app/connectors.h"

static const struct es_config_budget *shared(const struct es_config *config, struct earshot_str id)
{
	ES_EACH (const struct es_config_budget, budget, config->budgets)
		if (id.len && es_str_eq(budget->id, id))
			return budget;
	return NULL;
}

static bool has_limits(const struct es_config_limits *limits)
{
	return limits->per_minute > 0 || limits->per_day > 0 || limits->per_month > 0;
}

static bool has_price(const struct es_config_price *price)
{
	return price->per_call > 0 || price->per_item > 0;
}

struct es_budget es_config_budget(const struct es_config *config,
				  const struct es_config_source *source, const char **share)
{
	const struct es_config_budget *with = shared(config, source->share);
	const struct es_config_connector *connector = source->connector;
	const struct es_config_limits *limits = with ? &with->limits : &source->limits;
	const struct es_config_price *price = &source->price;
	struct es_config_limits both = *limits;
	if (connector && !with && !limits->per_minute && !limits->per_day) {
		both.per_minute = connector->limits.per_minute;
		both.per_day = connector->limits.per_day;
	}
	if (connector && !has_price(price))
		price = &connector->price;
	*share = with ? with->id.ptr : NULL;
	return (struct es_budget){ .per_minute = both.per_minute,
				   .per_day = both.per_day,
				   .per_month = both.per_month,
				   .units = source->units ? source->units
					    : connector   ? connector->units
							  : 1,
				   .per_call = price->per_call,
				   .per_item = price->per_item,
				   .items = price->items };
}

static void check_money(const struct es_budget *budget, const struct es_config_source *source,
			const struct es_node *place, struct es_reader *reader)
{
	bool costs = budget->per_call > 0 || budget->per_item > 0;
	int64_t call = budget->per_call + budget->per_item * budget->items;
	if (costs && budget->per_month == 0)
		es_reader_note(reader, false, place,
			       "write budget: {per_month: 50}, in the money that is paid in",
			       "the source \"%.*s\" costs money, and does not say how much it may "
			       "cost a month",
			       ES_FMT(source->id));
	else if (!costs && budget->per_month > 0 && !source->share.len)
		es_reader_note(reader, false, place,
			       "write cost: {per_call: 0.01}, or leave per_month away",
			       "the source \"%.*s\" has no price, so no money can be counted",
			       ES_FMT(source->id));
	else if (costs && call > budget->per_month)
		es_reader_note(reader, false, place, "raise per_month, or lower items",
			       "one call of the source \"%.*s\" may cost %.6g, which is more than "
			       "its %.6g a month",
			       ES_FMT(source->id), (double)call / ES_MONEY,
			       (double)budget->per_month / ES_MONEY);
	if (budget->per_item > 0 && budget->items == 0)
		es_reader_note(reader, false, place, "write cost: {per_item: ..., items: 100}",
			       "the source \"%.*s\" is paid by the item, and does not say how many "
			       "a call may bring",
			       ES_FMT(source->id));
}

void es_config_check_budget(const struct es_config *config, const struct es_config_source *source,
			    struct es_reader *reader)
{
	const char *share;
	const struct es_budget budget = es_config_budget(config, source, &share);
	const struct es_node *place = source->budget_node ? source->budget_node : source->node;
	if (source->share.len && !share)
		es_reader_note(reader, false, place,
			       "name it under budgets: [{id: ..., per_day: ...}]",
			       "no budget is called \"%.*s\"", ES_FMT(source->share));
	if (source->share.len && has_limits(&source->limits))
		es_reader_note(reader, false, place, "leave share away, or the limits",
			       "the source \"%.*s\" shares a budget and has one of its own",
			       ES_FMT(source->id));
	if (share && !es_budget_is_set(&budget))
		es_reader_note(reader, false, place, "give it per_minute, per_day or per_month",
			       "the budget \"%s\" has no limit", share);
	if ((budget.per_day > 0 && budget.units > budget.per_day) ||
	    (budget.per_minute > 0 && budget.units > budget.per_minute))
		es_reader_note(reader, false, place, "raise the limit",
			       "a call of the source \"%.*s\" counts for %lld, which is more than "
			       "its budget",
			       ES_FMT(source->id), (long long)budget.units);
	if (!source->share.len || share)
		check_money(&budget, source, place, reader);
}
