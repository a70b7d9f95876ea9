SELECT
  `t20`.`customer_id`
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t5`.`customer_id`,
      `t5`.`contactable`,
      `t5`.`left_contact`,
      `t5`.`referrals`,
      `t14`.`events_0`,
      `t17`.`gaps_0`,
      `t12`.`orders_0`,
      `t12`.`orders_1`,
      `t12`.`orders_2`
    FROM (
      SELECT
        `t1`.`customer_id`,
        `t1`.`contactable`,
        `t1`.`left_contact`,
        `t1`.`referrals`
      FROM `customers` AS `t1`
    ) AS `t5`
    LEFT OUTER JOIN (
      SELECT
        `t4`.`customer_id`,
        SUM(
          CAST(`t4`.`kind` IN ('visited', 'clicked', 'answered', 'asked', 'coupon_redeemed')
          AND (
            COALESCE(`t4`.`verdict`, 'person') <> 'machine'
          ) AS BIGINT)
        ) AS `events_0`
      FROM (
        SELECT
          *
        FROM `events` AS `t0`
        WHERE
          `t0`.`customer_id` IS NOT NULL AND `t0`.`occurred_on` <= MAKE_DATE(2024, 2, 29)
      ) AS `t4`
      GROUP BY
        1
    ) AS `t14`
      ON `t5`.`customer_id` = `t14`.`customer_id`
    LEFT OUTER JOIN (
      SELECT
        `t15`.`customer_id`,
        IF(COUNT(*) >= 2, PERCENTILE(`t15`.`gap_days`, 0.5), CAST(NULL AS DOUBLE)) AS `gaps_0`
      FROM (
        SELECT
          `t11`.`customer_id`,
          DATEDIFF(DAY, `t11`.`before_on`, `t11`.`occurred_on`) AS `gap_days`
        FROM (
          SELECT
            `t7`.`customer_id`,
            `t7`.`occurred_on`,
            LAG(`t7`.`occurred_on`) OVER (PARTITION BY `t7`.`customer_id` ORDER BY `t7`.`occurred_on` ASC NULLS LAST) AS `before_on`
          FROM (
            SELECT DISTINCT
              `t2`.`customer_id`,
              `t2`.`occurred_on`
            FROM `orders` AS `t2`
            WHERE
              `t2`.`customer_id` IS NOT NULL
              AND `t2`.`occurred_on` <= MAKE_DATE(2024, 2, 29)
              AND `t2`.`kind` = 'sale'
          ) AS `t7`
        ) AS `t11`
        WHERE
          `t11`.`before_on` IS NOT NULL
      ) AS `t15`
      GROUP BY
        1
    ) AS `t17`
      ON `t5`.`customer_id` = `t17`.`customer_id`
    LEFT OUTER JOIN (
      SELECT
        `t6`.`customer_id`,
        COUNT(DISTINCT IF(`t6`.`kind` = 'sale', `t6`.`occurred_on`, NULL)) AS `orders_0`,
        MAX(IF(`t6`.`kind` = 'sale', `t6`.`occurred_on`, NULL)) AS `orders_1`,
        SUM(IF(`t6`.`occurred_on` >= MAKE_DATE(2023, 3, 2), `t6`.`amount_minor`, NULL)) AS `orders_2`
      FROM (
        SELECT
          *
        FROM `orders` AS `t2`
        WHERE
          `t2`.`customer_id` IS NOT NULL AND `t2`.`occurred_on` <= MAKE_DATE(2024, 2, 29)
      ) AS `t6`
      GROUP BY
        1
    ) AS `t12`
      ON `t5`.`customer_id` = `t12`.`customer_id`
  ) AS `t18`
  WHERE
    COALESCE(`t18`.`orders_0`, 0) >= 2
    AND COALESCE(DATEDIFF(DAY, `t18`.`orders_1`, MAKE_DATE(2024, 2, 29)), 0) < (
      COALESCE(`t18`.`gaps_0`, 30.0) * 2
    )
    AND `t18`.`orders_1` IS NOT NULL
    AND COALESCE(
      (
        1 + CAST(COALESCE(`t18`.`orders_2`, 0) > 1000 AS BIGINT) + CAST(COALESCE(`t18`.`orders_2`, 0) > 2000 AS BIGINT) + CAST(COALESCE(`t18`.`orders_2`, 0) > 3000 AS BIGINT) + CAST(COALESCE(`t18`.`orders_2`, 0) > 9000 AS BIGINT)
      ) >= 4,
      FALSE
    )
) AS `t20`
LEFT SEMI JOIN (
  SELECT
    `t0`.`customer_id`
  FROM `events` AS `t0`
  WHERE
    `t0`.`customer_id` IS NOT NULL
    AND `t0`.`occurred_on` <= MAKE_DATE(2024, 2, 29)
    AND `t0`.`kind` = 'clicked'
    AND COALESCE(`t0`.`verdict`, 'person') <> 'machine'
    AND `t0`.`occurred_on` >= MAKE_DATE(2024, 1, 31)
) AS `t9`
  ON `t20`.`customer_id` = `t9`.`customer_id`
