package arbiter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/ingestd/ingestd/objstore"
)

// entries is the table of DynamoDB. Its methods may be called from many goroutines.
type entries struct {
	opts Options

	mu     sync.Mutex
	client *dynamodb.Client // made at the first need, since that may read files
}

func (e *entries) connect(ctx context.Context) (*dynamodb.Client, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.client != nil {
		return e.client, nil
	}
	load := []func(*config.LoadOptions) error{
		config.WithRegion(e.opts.Region),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }), // we try again by ourselves: see claim
	}
	if e.opts.AccessKey != "" {
		load = append(load, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(e.opts.AccessKey, e.opts.SecretKey, e.opts.SessionToken)))
	}
	c, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("%w: settings for DynamoDB: %w", objstore.ErrPermission, err)
	}
	e.client = dynamodb.NewFromConfig(c, func(o *dynamodb.Options) {
		if e.opts.Transport != nil {
			o.HTTPClient = &http.Client{Transport: e.opts.Transport}
		}
		if e.opts.Endpoint != "" {
			o.BaseEndpoint = &e.opts.Endpoint
		}
	})
	return e.client, nil
}

// firstWait is before the second attempt at a request; each next is twice as long.
const firstWait = 100 * time.Millisecond

// retrying tries a request that can be repeated until DynamoDB answers it.
func retrying[T any](ctx context.Context, e *entries, once func() (T, error)) (out T, err error) {
	wait := firstWait
	for n := 1; ; n++ {
		out, err = once()
		if err == nil || n >= e.opts.MaxAttempts || ctx.Err() != nil || !transient(err) || e.opts.Sleep(ctx, wait) != nil {
			return out, err
		}
		wait *= 2
	}
}

// transient says whether the same request could succeed later: throttling, 5xx, broken connections.
func transient(err error) bool {
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

// get reads the entry of a commit, as it is now; ok is false where there is none.
func (e *entries) get(ctx context.Context, tablePath, fileName string) (entry, bool, error) {
	c, err := e.connect(ctx)
	if err != nil {
		return entry{}, false, err
	}
	in := &dynamodb.GetItemInput{
		TableName: &e.opts.Table, ConsistentRead: new(true),
		Key: map[string]types.AttributeValue{attrTablePath: text(tablePath), attrFileName: text(fileName)},
	}
	out, err := retrying(ctx, e, func() (*dynamodb.GetItemOutput, error) { return c.GetItem(ctx, in) })
	if none(err) {
		return entry{}, false, nil
	}
	if err != nil {
		return entry{}, false, e.means(err)
	}
	return e.read(out.Item)
}

// latest reads the entry of the newest commit.
func (e *entries) latest(ctx context.Context, tablePath string) (entry, bool, error) {
	c, err := e.connect(ctx)
	if err != nil {
		return entry{}, false, err
	}
	in := &dynamodb.QueryInput{
		TableName: &e.opts.Table, ConsistentRead: new(true), ScanIndexForward: new(false), Limit: new(int32(1)),
		KeyConditionExpression:    new(attrTablePath + " = :path"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":path": text(tablePath)},
	}
	out, err := retrying(ctx, e, func() (*dynamodb.QueryOutput, error) { return c.Query(ctx, in) })
	if none(err) {
		return entry{}, false, nil
	}
	if err != nil {
		return entry{}, false, e.means(err)
	}
	if len(out.Items) == 0 {
		return entry{}, false, nil
	}
	return e.read(out.Items[0])
}

func (e *entries) read(item map[string]types.AttributeValue) (entry, bool, error) {
	if len(item) == 0 {
		return entry{}, false, nil
	}
	found, wrong := parseEntry(item)
	if wrong != "" {
		return found, false, &EntryError{Table: e.opts.Table, TablePath: found.tablePath, FileName: found.fileName, Reason: wrong}
	}
	return found, true, nil
}

// put writes an entry; with absent only where there is none, else objstore.ErrPrecondition, and with one attempt, for the
// caller has to know what became of each. The table is made where it does not exist.
func (e *entries) put(ctx context.Context, en entry, absent bool) error {
	c, err := e.connect(ctx)
	if err != nil {
		return err
	}
	in := &dynamodb.PutItemInput{TableName: &e.opts.Table, Item: en.item()}
	if absent {
		in.ConditionExpression = new("attribute_not_exists(" + attrFileName + ")")
	}
	once := func() (*dynamodb.PutItemOutput, error) { return c.PutItem(ctx, in) }
	try := once
	if !absent {
		try = func() (*dynamodb.PutItemOutput, error) { return retrying(ctx, e, once) }
	}
	_, err = try()
	if none(err) {
		if err = e.create(ctx, c); err == nil {
			_, err = try()
		}
	}
	return e.means(err)
}

// createTries bounds the wait for a new table, a second each.
const createTries = 60

// create makes the table as Spark does and waits until it can be used.
func (e *entries) create(ctx context.Context, c *dynamodb.Client) error {
	e.opts.Logger.Warn("the DynamoDB table that commits go through does not exist and is created; all writers of a Delta table must use the same",
		"table", e.opts.Table, "region", e.opts.Region)
	in := &dynamodb.CreateTableInput{
		TableName: &e.opts.Table,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: new(attrTablePath), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: new(attrFileName), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: new(attrTablePath), KeyType: types.KeyTypeHash},
			{AttributeName: new(attrFileName), KeyType: types.KeyTypeRange},
		},
		BillingMode: types.BillingModePayPerRequest,
	}
	if !e.opts.OnDemand {
		in.BillingMode = types.BillingModeProvisioned
		in.ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: &e.opts.ReadCapacity, WriteCapacityUnits: &e.opts.WriteCapacity}
	}
	var exists *types.ResourceInUseException
	if _, err := c.CreateTable(ctx, in); err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create the DynamoDB table %s: %w", e.opts.Table, err)
	}
	for range createTries {
		out, err := c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &e.opts.Table})
		switch {
		case err != nil && !none(err):
			return fmt.Errorf("describe the DynamoDB table %s: %w", e.opts.Table, err)
		case err == nil && out.Table.TableStatus == types.TableStatusActive:
			return nil
		}
		if err := e.opts.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("the DynamoDB table %s was created and is not active yet; try again in a minute", e.opts.Table)
}

// none says that the table does not exist, and so nothing in it.
func none(err error) bool {
	var missing *types.ResourceNotFoundException
	return errors.As(err, &missing)
}

// means gives an error of DynamoDB the sentinel that callers know it by.
func (e *entries) means(err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("DynamoDB table %s in %s: %w", e.opts.Table, e.opts.Region, err)
	var failed *types.ConditionalCheckFailedException
	var api smithy.APIError
	switch {
	case errors.As(err, &failed):
		return fmt.Errorf("%w: %w", objstore.ErrPrecondition, err)
	case errors.As(err, &api):
		switch api.ErrorCode() {
		case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "MissingAuthenticationTokenException", "ExpiredTokenException", "IncompleteSignatureException":
			return fmt.Errorf("%w: %w", objstore.ErrPermission, err)
		case "ValidationException":
			return fmt.Errorf("%w: %w", objstore.ErrNotSupported, err)
		}
	}
	return err
}
