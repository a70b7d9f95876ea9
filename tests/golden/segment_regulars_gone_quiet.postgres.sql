SELECT
  "t19"."customer_id"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t5"."customer_id",
      "t5"."country",
      "t5"."may_email_marketing",
      "t5"."tags",
      "t16"."gaps_0",
      "t14"."orders_0",
      "t14"."orders_1"
    FROM (
      SELECT
        "t1"."customer_id",
        "t1"."country",
        "t1"."may_email_marketing",
        "t1"."tags"
      FROM "customers" AS "t1"
    ) AS "t5"
    LEFT OUTER JOIN (
      SELECT
        "t12"."customer_id",
        CASE
          WHEN COUNT(*) >= 2
          THEN PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
            "t12"."gap_days")
          ELSE CAST(NULL AS DOUBLE PRECISION)
        END AS "gaps_0"
      FROM (
        SELECT
          "t11"."customer_id",
          CAST(EXTRACT(epoch FROM CAST("t11"."occurred_on" AS TIMESTAMP) - CAST("t11"."before_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "gap_days"
        FROM (
          SELECT
            "t6"."customer_id",
            "t6"."occurred_on",
            LAG("t6"."occurred_on") OVER (
              PARTITION BY "t6"."customer_id"
              ORDER BY "t6"."occurred_on" ASC
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS "before_on"
          FROM (
            SELECT DISTINCT
              "t2"."customer_id",
              "t2"."occurred_on"
            FROM "orders" AS "t2"
            WHERE
              "t2"."customer_id" IS NOT NULL
              AND "t2"."occurred_on" <= MAKE_DATE(2024, 2, 29)
              AND "t2"."kind" = 'sale'
          ) AS "t6"
        ) AS "t11"
        WHERE
          "t11"."before_on" IS NOT NULL
      ) AS "t12"
      GROUP BY
        1
    ) AS "t16"
      ON "t5"."customer_id" = "t16"."customer_id"
    LEFT OUTER JOIN (
      SELECT
        "t10"."customer_id",
        COUNT(DISTINCT "t10"."occurred_on") FILTER(WHERE
          (
            "t10"."kind" = 'sale'
          )
          AND (
            "t10"."occurred_on" >= MAKE_DATE(2022, 3, 2)
          )) AS "orders_0",
        MAX("t10"."occurred_on") FILTER(WHERE
          "t10"."kind" = 'sale') AS "orders_1"
      FROM (
        SELECT
          *
        FROM "orders" AS "t2"
        WHERE
          "t2"."customer_id" IS NOT NULL
          AND "t2"."occurred_on" <= MAKE_DATE(2024, 2, 29)
          AND (
            (
              (
                "t2"."kind" = 'sale'
              ) AND (
                "t2"."occurred_on" >= MAKE_DATE(2022, 3, 2)
              )
            )
            OR (
              "t2"."kind" = 'sale'
            )
          )
      ) AS "t10"
      GROUP BY
        1
    ) AS "t14"
      ON "t5"."customer_id" = "t14"."customer_id"
  ) AS "t17"
  WHERE
    COALESCE("t17"."orders_0", 0) >= 3
    AND COALESCE(
      (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 2, 29) AS TIMESTAMP) - CAST("t17"."orders_1" AS TIMESTAMP)) / 86400 AS BIGINT) * 10
      ) >= (
        "t17"."gaps_0" * 20
      ),
      FALSE
    )
    AND (
      COALESCE("t17"."country" = 'fr', FALSE)
      OR COALESCE(POSITION('vip' IN "t17"."tags") > 0, FALSE)
    )
    AND COALESCE("t17"."may_email_marketing", FALSE)
) AS "t19"
WHERE
  EXISTS(
    SELECT
      1
    FROM (
      SELECT
        "t0"."customer_id"
      FROM "lines" AS "t0"
      WHERE
        "t0"."customer_id" IS NOT NULL
        AND "t0"."occurred_on" <= MAKE_DATE(2024, 2, 29)
        AND "t0"."quantity_milli" > 0
        AND (
          (
            "t0"."category" = 'Tea'
          ) OR STARTS_WITH("t0"."category", 'Tea / ')
        )
    ) AS "t9"
    WHERE
      "t19"."customer_id" = "t9"."customer_id"
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        "t0"."customer_id"
      FROM "lines" AS "t0"
      WHERE
        "t0"."customer_id" IS NOT NULL
        AND "t0"."occurred_on" <= MAKE_DATE(2024, 2, 29)
        AND "t0"."quantity_milli" > 0
        AND "t0"."product" = 'B-2'
        AND "t0"."occurred_on" >= MAKE_DATE(2023, 12, 2)
    ) AS "t7"
    WHERE
      "t19"."customer_id" = "t7"."customer_id"
  )
