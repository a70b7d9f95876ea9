SELECT
  `t19`.`customer_id`
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t5`.`customer_id`,
      `t5`.`country`,
      `t5`.`may_email_marketing`,
      `t5`.`tags`,
      `t16`.`gaps_0`,
      `t14`.`orders_0`,
      `t14`.`orders_1`
    FROM (
      SELECT
        `t1`.`customer_id`,
        `t1`.`country`,
        `t1`.`may_email_marketing`,
        `t1`.`tags`
      FROM `customers` AS `t1`
    ) AS `t5`
    LEFT OUTER JOIN (
      SELECT
        `t12`.`customer_id`,
        IF(COUNT(*) >= 2, PERCENTILE(`t12`.`gap_days`, 0.5), CAST(NULL AS DOUBLE)) AS `gaps_0`
      FROM (
        SELECT
          `t11`.`customer_id`,
          DATEDIFF(DAY, `t11`.`before_on`, `t11`.`occurred_on`) AS `gap_days`
        FROM (
          SELECT
            `t6`.`customer_id`,
            `t6`.`occurred_on`,
            LAG(`t6`.`occurred_on`) OVER (PARTITION BY `t6`.`customer_id` ORDER BY `t6`.`occurred_on` ASC NULLS LAST) AS `before_on`
          FROM (
            SELECT DISTINCT
              `t2`.`customer_id`,
              `t2`.`occurred_on`
            FROM `orders` AS `t2`
            WHERE
              `t2`.`customer_id` IS NOT NULL
              AND `t2`.`occurred_on` <= MAKE_DATE(2024, 2, 29)
              AND `t2`.`kind` = 'sale'
          ) AS `t6`
        ) AS `t11`
        WHERE
          `t11`.`before_on` IS NOT NULL
      ) AS `t12`
      GROUP BY
        1
    ) AS `t16`
      ON `t5`.`customer_id` = `t16`.`customer_id`
    LEFT OUTER JOIN (
      SELECT
        `t10`.`customer_id`,
        COUNT(
          DISTINCT IF(
            (
              `t10`.`kind` = 'sale'
            )
            AND (
              `t10`.`occurred_on` >= MAKE_DATE(2022, 3, 2)
            ),
            `t10`.`occurred_on`,
            NULL
          )
        ) AS `orders_0`,
        MAX(IF(`t10`.`kind` = 'sale', `t10`.`occurred_on`, NULL)) AS `orders_1`
      FROM (
        SELECT
          *
        FROM `orders` AS `t2`
        WHERE
          `t2`.`customer_id` IS NOT NULL
          AND `t2`.`occurred_on` <= MAKE_DATE(2024, 2, 29)
          AND (
            (
              (
                `t2`.`kind` = 'sale'
              ) AND (
                `t2`.`occurred_on` >= MAKE_DATE(2022, 3, 2)
              )
            )
            OR (
              `t2`.`kind` = 'sale'
            )
          )
      ) AS `t10`
      GROUP BY
        1
    ) AS `t14`
      ON `t5`.`customer_id` = `t14`.`customer_id`
  ) AS `t17`
  WHERE
    COALESCE(`t17`.`orders_0`, 0) >= 3
    AND COALESCE(
      (
        DATEDIFF(DAY, `t17`.`orders_1`, MAKE_DATE(2024, 2, 29)) * 10
      ) >= (
        `t17`.`gaps_0` * 20
      ),
      FALSE
    )
    AND (
      COALESCE(`t17`.`country` = 'fr', FALSE)
      OR COALESCE(CONTAINS(`t17`.`tags`, '\037vip\037'), FALSE)
    )
    AND COALESCE(`t17`.`may_email_marketing`, FALSE)
) AS `t19`
LEFT SEMI JOIN (
  SELECT
    `t0`.`customer_id`
  FROM `lines` AS `t0`
  WHERE
    `t0`.`customer_id` IS NOT NULL
    AND `t0`.`occurred_on` <= MAKE_DATE(2024, 2, 29)
    AND `t0`.`quantity_milli` > 0
    AND (
      (
        `t0`.`category` = 'Tea'
      ) OR STARTSWITH(`t0`.`category`, 'Tea / ')
    )
) AS `t9`
  ON `t19`.`customer_id` = `t9`.`customer_id`
LEFT ANTI JOIN (
  SELECT
    `t0`.`customer_id`
  FROM `lines` AS `t0`
  WHERE
    `t0`.`customer_id` IS NOT NULL
    AND `t0`.`occurred_on` <= MAKE_DATE(2024, 2, 29)
    AND `t0`.`quantity_milli` > 0
    AND `t0`.`product` = 'B-2'
    AND `t0`.`occurred_on` >= MAKE_DATE(2023, 12, 2)
) AS `t7`
  ON `t19`.`customer_id` = `t7`.`customer_id`
